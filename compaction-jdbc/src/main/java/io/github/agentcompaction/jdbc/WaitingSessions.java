package io.github.agentcompaction.jdbc;

import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The listeners of each agent, and the sessions that were busy and that they wait for. Thread-safe. */
final class WaitingSessions {

    private static final System.Logger log = System.getLogger(JdbcStore.class.getName());

    /** A task that still waits asks again every ten seconds at the latest. */
    private static final long FORGOTTEN_AFTER = 30_000_000_000L; // 30 s

    private final Map<RowKey, Waiting> waiting = new ConcurrentHashMap<>();
    private final Map<String, List<Consumer<@Nullable String>>> listeners = new ConcurrentHashMap<>(); // by agent

    /** {@return ends the signals} */
    AutoCloseable listen(String agent, Consumer<@Nullable String> listener) {
        List<Consumer<@Nullable String>> own = listeners.computeIfAbsent(agent, a -> new CopyOnWriteArrayList<>());
        own.add(listener);
        return () -> own.remove(listener);
    }

    /** {@return whether a listener wants to be told of the session, and did not before} */
    boolean add(RowKey key, String session) {
        if (listeners.getOrDefault(key.agent(), List.of()).isEmpty()) {
            return false;
        }
        return waiting.put(key, new Waiting(session, System.nanoTime())) == null;
    }

    void remove(RowKey key) {
        waiting.remove(key);
    }

    /** {@return those that are still waited for} */
    List<RowKey> keys() {
        long now = System.nanoTime();
        waiting.values().removeIf(w -> now - w.since > FORGOTTEN_AFTER);
        return List.copyOf(waiting.keySet());
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Tells the listeners of sessions that have come free, and forgets them. */
    void signal(Collection<RowKey> free) {
        for (RowKey key : free) {
            Waiting removed = waiting.remove(key);
            if (removed != null) {
                tell(key.agent(), removed.session);
            }
        }
    }

    /** Tells all listeners that signals may have been missed. */
    void signalMissed() {
        listeners.keySet().forEach(agent -> tell(agent, null));
    }

    private void tell(String agent, @Nullable String session) {
        for (Consumer<@Nullable String> listener : listeners.getOrDefault(agent, List.of())) {
            try {
                listener.accept(session);
            } catch (Throwable e) {
                log.log(
                        Level.WARNING,
                        "A listener for released leases threw; it is asked to return at once and not throw",
                        e);
            }
        }
    }

    private record Waiting(String session, long since) {}
}
