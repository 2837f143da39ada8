package io.github.agentcompaction;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Takes back the leases of one agent that were dropped without being closed.
 *
 * <p>Whoever comes to a lock looks at its lease himself. This class serves those who are waiting already, and locks that
 * the cache has let go of while they were held: as long as there are any, it looks once a second. Otherwise nothing runs.
 */
final class DroppedLeases {

    private final SessionLocks locks;
    private final ReferenceQueue<HeldLease> queue = new ReferenceQueue<>();
    private final AtomicBoolean watching = new AtomicBoolean();

    DroppedLeases(SessionLocks locks) {
        this.locks = locks;
    }

    ReferenceQueue<HeldLease> queue() {
        return queue;
    }

    /** To be called by everybody who begins to wait, and when the cache lets go of a held lock. */
    void watch() {
        if (!watching.get() && watching.compareAndSet(false, true)) {
            OnDemandThreads.executeInMillis(1_000, () -> run(this::look));
        }
    }

    private void look() {
        try {
            takeBack();
        } finally {
            watching.set(false);
            if (locks.needsWatch()) {
                watch();
            }
        }
    }

    private static void run(Runnable look) {
        try {
            OnDemandThreads.execute(look);
        } catch (Throwable noThread) {
            look.run(); // not to look would end the watch for good
        }
    }

    void takeBack() {
        Reference<? extends HeldLease> dropped;
        while ((dropped = queue.poll()) != null) {
            locks.takeBack((Grant) dropped);
        }
    }
}
