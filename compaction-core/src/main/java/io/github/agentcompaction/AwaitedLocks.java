package io.github.agentcompaction;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The locks that tasks wait for, until the lease is closed; while there are any, it looks once a second whether a lease of
 * theirs was dropped.
 *
 * <p>A call that does not wait, such as {@code tryAcquire}, checks that by itself.
 */
final class AwaitedLocks {

    /** Strong references: without any, waiters and a forgotten lease could be collected together, in silence. */
    private final Set<QueuedLock> locks = ConcurrentHashMap.newKeySet();

    private final AtomicBoolean watching = new AtomicBoolean();

    /** To be called under the lock's mutex, as {@link #remove} is. */
    void add(QueuedLock lock) {
        locks.add(lock);
    }

    void remove(QueuedLock lock) {
        locks.remove(lock);
    }

    /** {@return how many tasks wait at this moment, for all locks} */
    int waiting() {
        return locks.stream().mapToInt(QueuedLock::waiting).sum();
    }

    /** To be called when a waiter queues. Never fails: a wait without this safety net is still a wait. */
    void watch() {
        if (!watching.get() && watching.compareAndSet(false, true)) {
            try {
                OnDemandThreads.schedule(Duration.ofSeconds(1), () -> OnDemandThreads.execute(this::look));
            } catch (Throwable noThread) {
                watching.set(false); // the next task that queues tries again
            }
        }
    }

    private void look() {
        try {
            locks.forEach(QueuedLock::takeBackIfDropped);
        } finally {
            watching.set(false);
            if (!locks.isEmpty()) {
                watch();
            }
        }
    }
}
