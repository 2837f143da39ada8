package io.github.agentcompaction;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.function.Consumer;

/** Tells every listener of an agent, and survives those that throw, and a clock that throws while an event is made. */
final class Listeners {

    private static final System.Logger log = System.getLogger(CompactionListener.class.getName());

    private final List<CompactionListener> listeners;

    Listeners(List<CompactionListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    boolean isEmpty() {
        return listeners.isEmpty();
    }

    /** Never fails. */
    void tell(Consumer<CompactionListener> event) {
        for (CompactionListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (Throwable e) {
                logThrown(listener, e);
            }
        }
    }

    private static void logThrown(CompactionListener listener, Throwable thrown) {
        try {
            log.log(
                    Level.WARNING,
                    "CompactionListener " + listener.getClass().getName()
                            + " threw; the event is lost for it, nothing else is affected. Callbacks should not throw.",
                    thrown);
        } catch (Throwable ignored) {
            // A log that fails, too, must not keep waiting tasks from their turn.
        }
    }
}
