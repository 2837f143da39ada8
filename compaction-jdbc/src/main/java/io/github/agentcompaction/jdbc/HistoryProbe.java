package io.github.agentcompaction.jdbc;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.transaction.TransactionException;

/**
 * Finds out whether the history's writes are rolled back together with the store's: at the start or, if the database is down
 * then, before the store is used. Thread-safe.
 */
final class HistoryProbe {

    private static final System.Logger log = System.getLogger(JdbcStore.class.getName());

    private final Transactions transactions;
    private final StoreThreads threads;
    private final Duration limit;

    /** What could not be probed yet. */
    private final List<Probe> pending = new CopyOnWriteArrayList<>();

    /** One that probes would see what another one has saved, or miss what it has removed. */
    private final Mutex mutex = new Mutex();

    /** @param limit how long a thread waits for another one that probes */
    HistoryProbe(Transactions transactions, StoreThreads threads, Duration limit) {
        this.transactions = transactions;
        this.threads = threads;
        this.limit = limit;
    }

    void verify(Runnable saveProbe, BooleanSupplier isThere, Runnable remove) {
        Probe probe = new Probe(saveProbe, isThere, remove);
        try {
            run(probe);
        } catch (RuntimeException e) {
            if (!Transactions.isDown(e)) {
                throw e;
            }
            if (pending.isEmpty()) {
                log.log(
                        Level.WARNING,
                        "The database of the JDBC store does not answer, so it is not known whether the history is written in"
                                + " the store's transactions. That is found out when the database is back; if it is not, each"
                                + " use of the store is refused then.",
                        e);
            }
            pending.add(probe);
        }
    }

    /**
     * Probes what the start could not, on this thread, or on another one if this one is in a transaction: that would be rolled
     * back, too.
     *
     * @throws IllegalStateException as {@link #verify}, each time until a probe has succeeded
     */
    void requireVerified() {
        if (!isPending() || mutex.isHeldByCurrentThread()) { // the history may be written with the store's help
            return;
        }
        if (!Transactions.isActive()) {
            runPending();
            return;
        }
        try {
            threads.submit(
                            () -> {
                                runPending();
                                return true;
                            },
                            late -> {})
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** {@return whether a probe has not succeeded yet} */
    boolean isPending() {
        return !pending.isEmpty();
    }

    /** As {@link #requireVerified}, with the exceptions of {@link Database#run}. */
    void requireVerifiedBeforeQuestion() {
        try {
            requireVerified();
        } catch (TransactionException e) {
            throw new DataAccessResourceFailureException("The JDBC store has got no connection", e);
        }
    }

    private void runPending() {
        mutex.hold(limit, () -> {
            for (Probe probe : pending) {
                run(probe);
                pending.remove(probe);
                if (pending.isEmpty()) {
                    log.log(
                            Level.INFO,
                            "The history is written in the JDBC store's transactions, as the start could not tell.");
                }
            }
            return true;
        });
    }

    private void run(Probe probe) {
        transactions.rollBack(probe.save);
        if (probe.isThere.getAsBoolean()) {
            probe.remove.run();
            throw new IllegalStateException(
                    "A conversation that was saved in a transaction of " + transactions.manager()
                            + " is still there after its rollback, so the history and the store would not be written together. Build "
                            + "the history's repository with the store's DataSource object and transaction manager, for instance "
                            + "JdbcChatMemoryRepository.builder().dataSource(..).transactionManager(..), or choose another store.");
        }
    }

    private record Probe(Runnable save, BooleanSupplier isThere, Runnable remove) {}
}
