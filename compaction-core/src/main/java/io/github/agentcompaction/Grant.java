package io.github.agentcompaction;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;

/** The lock's own record of a lease: it knows the lease weakly, so that a forgotten one can be noticed. */
final class Grant extends WeakReference<HeldLease> {

    private final QueuedLock lock;
    private final long since;

    Grant(HeldLease lease, QueuedLock lock, long since, ReferenceQueue<HeldLease> dropped) {
        super(lease, dropped);
        this.lock = lock;
        this.since = since;
    }

    QueuedLock lock() {
        return lock;
    }

    /** When the lease began, on the state's ticker, if the state measures that. */
    long since() {
        return since;
    }

    /** {@return whether the lease has been collected} Its close() cannot be running then. */
    boolean isDropped() {
        return refersTo(null);
    }
}
