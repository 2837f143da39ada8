package io.github.agentcompaction;

import java.lang.ref.Reference;

/** A lease as its holder sees it. The lock refers to it only weakly, through its grant. */
final class HeldLease implements SessionLock.Lease {

    private final Grant grant;

    HeldLease(QueuedLock lock) {
        SessionLocks locks = lock.locks();
        this.grant = new Grant(this, lock, locks.grantTime(), locks.droppedLeases());
    }

    Grant grant() {
        return grant;
    }

    @Override
    public void compacted() {
        try {
            grant.lock().compacted(grant);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public void close() {
        try {
            QueuedLock lock = grant.lock();
            if (lock.release(grant)) {
                lock.locks().tellClosed(grant);
            }
        } finally {
            // Without this the lease could be collected, and the grant seen as dropped, while close() runs.
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public String toString() {
        QueuedLock lock = grant.lock();
        return "Lease[" + Names.session(lock.locks().agent(), lock.sessionId()) + ", "
                + (lock.holder() == grant ? "open" : "closed") + "]";
    }
}
