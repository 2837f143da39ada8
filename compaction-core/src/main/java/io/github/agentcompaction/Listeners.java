package io.github.agentcompaction;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Tells every listener of an agent, and survives those that throw, and a clock that throws while an event is made. */
final class Listeners {

    private static final System.Logger log = System.getLogger(CompactionListener.class.getName());

    private final List<CompactionListener> listeners;
    private final boolean shared;

    /** The events to be told later, one after another; how many there are says whether a thread is at it. */
    private final Queue<Consumer<CompactionListener>> events = new ConcurrentLinkedQueue<>();

    private final AtomicInteger untold = new AtomicInteger();

    /** @param shared whether there is a store, whose threads are few and must not be blocked */
    Listeners(List<CompactionListener> listeners, boolean shared) {
        this.listeners = List.copyOf(listeners);
        this.shared = shared;
    }

    boolean isEmpty() {
        return listeners.isEmpty();
    }

    /** Tells on this thread, which must be the task's own. Never fails. */
    void tell(Consumer<CompactionListener> event) {
        for (CompactionListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (Throwable e) {
                logLost(
                        "CompactionListener " + listener.getClass().getName()
                                + " threw; the event is lost for it, nothing else is affected. Callbacks should not throw.",
                        e);
            }
        }
    }

    /** Tells what may follow from a store's answer, and so be told on its thread. Never fails. */
    void tellLater(Consumer<CompactionListener> event) {
        if (!shared) {
            tell(event);
        } else if (!isEmpty()) {
            events.add(event);
            if (untold.getAndIncrement() == 0) {
                OnDemandThreads.execute(this::tellAll);
            }
        }
    }

    /** The same, for an event that has a duration, which ends now. */
    void tellLater(Supplier<Duration> measure, BiConsumer<CompactionListener, Duration> event) {
        if (isEmpty()) {
            return;
        }
        Duration duration;
        try {
            duration = measure.get();
        } catch (Throwable e) {
            logLost(
                    "The ticker of a state threw; an event is lost, nothing else is affected. Tickers should not throw.",
                    e);
            return;
        }
        tellLater(listener -> event.accept(listener, duration));
    }

    private void tellAll() {
        do {
            Consumer<CompactionListener> event = events.poll();
            if (event != null) {
                tell(event);
            }
        } while (untold.decrementAndGet() > 0);
    }

    private static void logLost(String message, Throwable thrown) {
        try {
            log.log(Level.WARNING, message, thrown);
        } catch (Throwable ignored) {
            // A log that fails, too, must not keep waiting tasks from their turn.
        }
    }
}
