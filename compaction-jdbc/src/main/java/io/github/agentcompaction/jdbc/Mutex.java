package io.github.agentcompaction.jdbc;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.QueryTimeoutException;

/**
 * Lets one thread at a time work on the database, and the others wait for a limited time: where it is down, each that works
 * takes the time limit of the pool, and the last of a queue would wait for all of them. Reentrant. Thread-safe.
 */
final class Mutex {

    private final ReentrantLock lock = new ReentrantLock();

    /**
     * Runs work while no other thread does.
     *
     * @throws QueryTimeoutException if other threads take longer than the limit, or this one is interrupted while it waits
     */
    <T extends @Nullable Object> T hold(Duration limit, Supplier<T> work) {
        await(limit);
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    private void await(Duration limit) {
        if (lock.tryLock()) { // as lock() does; the one with a limit refuses an interrupted thread a lock that is free
            return;
        }
        boolean locked;
        try {
            locked = lock.tryLock(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new QueryTimeoutException(
                    "Interrupted while other threads of this process wait for the database of the JDBC store; nothing was"
                            + " written",
                    e);
        }
        if (!locked) {
            throw new QueryTimeoutException(
                    "Other threads of this process have waited for the database of the JDBC store"
                            + " for " + limit
                            + ", and this one for them; nothing was written. The database is down or slow, the pool"
                            + " has no connection left, or a transaction keeps the history's row locked");
        }
    }

    boolean isHeldByCurrentThread() {
        return lock.isHeldByCurrentThread();
    }
}
