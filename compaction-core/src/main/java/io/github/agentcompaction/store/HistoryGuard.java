package io.github.agentcompaction.store;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the short writes of a history exclusive over all replicas, where the history is in the store's own database: a
 * repository that reads and rewrites whole conversations then loses, doubles and revives nothing.
 *
 * <p>Independent of agents, because several agents may write to one history. Thread-safe.
 */
public interface HistoryGuard {

    /**
     * Runs a short read and write of a session's history while no other replica does, in a transaction or, if there is one
     * already, in the caller's. Blocks the calling thread meanwhile; never call a model inside.
     *
     * @param session the session's id
     * @param write reads and writes the history; it may run more than once, each time after a rollback
     * @return what the write returned
     * @param <T> what the write returns
     * @throws IllegalStateException if the caller's transaction cannot protect the write; the message says why, and what to do
     */
    <T extends @Nullable Object> T exclusively(String session, Supplier<T> write);
}
