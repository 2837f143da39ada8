package io.github.agentcompaction.store;

/** A {@link LeaseStore} in the database that holds the history, so that both can be written in one transaction. */
public interface TransactionalLeaseStore extends LeaseStore {

    /**
     * Refuses a caller that is in a transaction, before anything is waited or paid for: it may hold what another holder's commit
     * waits for, and could not commit.
     *
     * @throws IllegalStateException if the calling thread is in a transaction; the message says what to do
     */
    void requireNoTransaction();

    /**
     * In one transaction: checks that the grant is still the last one, moves the epoch, ends the lease, and runs the write on
     * this thread. All of it happens or nothing. Blocks for as long as the transaction takes.
     *
     * @param grant the lease
     * @param write writes the history and nothing else; it may run more than once, each time after a rollback
     * @return false if the lease is another holder's now; the write has then not run, or was rolled back, unless the answer of
     *     the database was lost and another compaction has followed since
     * @throws IllegalStateException if the calling thread is in a transaction already; the message says what to do
     */
    boolean commit(LeaseGrant grant, Runnable write);
}
