package io.github.agentcompaction.store;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LeaseStore} in the database that holds the history, so that the two can be written together. Its two methods
 * block the calling thread for as long as the transaction takes.
 */
public interface TransactionalLeaseStore extends LeaseStore {

    /**
     * In one transaction: checks that the grant is still the last one, moves the epoch, ends the lease, and runs the write on
     * this thread. All of it happens or nothing.
     *
     * @param grant the lease
     * @param write writes the history and nothing else; it may run more than once, each time after a rollback
     * @return false if the lease is another holder's now; the write has then not run, or was rolled back
     * @throws IllegalStateException if the calling thread is in a transaction already
     */
    boolean commit(LeaseGrant grant, Runnable write);

    /**
     * Runs a short read and write of a session's history while no other replica does, in a transaction or, if there is one
     * already, in the caller's.
     *
     * @param session the session's id
     * @param write reads and writes the history; it may run more than once, each time after a rollback
     * @return what the write returned
     * @param <T> what the write returns
     * @throws IllegalStateException if the caller's transaction cannot protect the write; the message says why
     */
    <T extends @Nullable Object> T exclusively(String session, Supplier<T> write);
}
