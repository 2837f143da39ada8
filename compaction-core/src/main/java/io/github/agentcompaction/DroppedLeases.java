package io.github.agentcompaction;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Looks once a second whether the lease of a lock that is awaited was dropped without being closed, as long as any lock is.
 *
 * <p>It serves the tasks that wait already: every acquire that finds the lock held checks whether its lease still exists.
 */
final class DroppedLeases {

    private final Collection<QueuedLock> awaited;
    private final AtomicBoolean watching = new AtomicBoolean();

    DroppedLeases(Collection<QueuedLock> awaited) {
        this.awaited = awaited;
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
            awaited.forEach(QueuedLock::takeBackIfDropped);
        } finally {
            watching.set(false);
            if (!awaited.isEmpty()) {
                watch();
            }
        }
    }
}
