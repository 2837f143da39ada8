package io.github.agentcompaction;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Looks once a second whether the lease of a lock that is awaited was dropped without being closed, as long as any lock is.
 *
 * <p>It serves those who wait already: whoever comes to a lock looks at its lease first.
 */
final class DroppedLeases {

    private final Collection<QueuedLock> awaited;
    private final AtomicBoolean watching = new AtomicBoolean();

    DroppedLeases(Collection<QueuedLock> awaited) {
        this.awaited = awaited;
    }

    /** To be called by everybody who begins to wait. Never fails: a wait without this safety net is still a wait. */
    void watch() {
        if (!watching.get() && watching.compareAndSet(false, true)) {
            try {
                OnDemandThreads.schedule(Duration.ofSeconds(1), () -> OnDemandThreads.execute(this::look));
            } catch (Throwable noThread) {
                watching.set(false); // the next one who waits tries again
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
