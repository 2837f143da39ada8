package io.github.agentcompaction.jdbc;

import io.github.agentcompaction.store.LeaseGrant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.UnexpectedRollbackException;

/** The writes of the history: that of a compaction under its lease, and those that only exclude each other. Thread-safe. */
final class GuardedWrites {

    private final Transactions transactions;
    private final HistoryProbe history;
    private final Attempts attempts;

    /** Writes of one session in this process take one connection, not one for each that waits for the row. */
    private final SessionMutexes mutexes = new SessionMutexes();

    GuardedWrites(Transactions transactions, HistoryProbe history, Attempts attempts) {
        this.transactions = transactions;
        this.history = history;
        this.attempts = attempts;
    }

    /** As {@link io.github.agentcompaction.store.TransactionalLeaseStore#commit}. */
    boolean commit(RowKey key, LeaseGrant grant, Runnable write) {
        requireNoTransaction();
        Progress progress = new Progress();
        return attempts.run(
                () -> {
                    progress.written = false;
                    history.requireVerified();
                    return transactions.begin(table -> {
                        if (!table.releaseCompacted(key, grant)) {
                            return table.wasCompactedBy(key, grant.token()); // an attempt before succeeded
                        }
                        write.run();
                        progress.written = true;
                        return true;
                    });
                },
                // A commit that failed may have succeeded. The same token asks again: it waits at the row for the first
                // one.
                e -> progress.written ? !(e instanceof UnexpectedRollbackException) : Failures.isTransient(e));
    }

    static void requireNoTransaction() {
        if (Transactions.isActive()) {
            throw new IllegalStateException(
                    "A compaction commits in a transaction of its own, but this thread is in one "
                            + "already, which may wait for locks of its own or see the history as it was before. Compact outside of "
                            + "@Transactional methods, or suspend the transaction with PROPAGATION_NOT_SUPPORTED.");
        }
    }

    /** As {@link io.github.agentcompaction.store.HistoryGuard#exclusively}. */
    <T extends @Nullable Object> T exclusively(RowKey key, Supplier<T> write) {
        if (Transactions.isActive()) {
            transactions.requireProtecting();
            history.requireVerified();
            return transactions.join(
                    table -> { // no repetition: the caller's work would have to be repeated, too
                        table.lock(key);
                        return write.get();
                    });
        }
        long start = System.nanoTime();
        // Not when joining: the caller's transaction may hold the row already, and others the mutex.
        return mutexes.hold(key, attempts.limit(), () -> exclusivelyInOwn(start, key, write));
    }

    private <T extends @Nullable Object> T exclusivelyInOwn(long start, RowKey key, Supplier<T> write) {
        Progress progress = new Progress();
        return attempts.run(
                start,
                () -> {
                    progress.written = false;
                    history.requireVerified();
                    return transactions.begin(table -> {
                        table.lock(key);
                        T result = write.get();
                        progress.written = true;
                        return result;
                    });
                },
                // A commit that may have succeeded is not repeated: a message that is added twice stays.
                e -> progress.written ? Failures.isConflict(e) : Failures.isTransient(e));
    }

    /** How far an attempt has come. */
    private static final class Progress {
        boolean written;
    }
}
