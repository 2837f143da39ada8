package io.github.agentcompaction;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;

/** The lock's own record of a lease: it knows the lease weakly, so that a forgotten one can be noticed. */
final class Grant extends WeakReference<HeldLease> {

    private final QueuedLock lock;
    private final long since;

    /** Whether the session was compacted under this grant; guarded by the mutex of the lock's queue. */
    private boolean compacted;

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

    /** Counts the compaction; false if it has been counted before. */
    boolean markCompacted() {
        boolean first = !compacted;
        compacted = true;
        return first;
    }

    /** {@return whether the lease has been collected} Its close() cannot be running then. */
    boolean isDropped() {
        return refersTo(null);
    }
}
