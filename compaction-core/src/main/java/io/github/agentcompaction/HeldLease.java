package io.github.agentcompaction;

import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** A lease as its holder sees it. The lock refers to it only weakly, through its grant. */
final class HeldLease implements SessionLock.Lease, Turn {

    final Grant grant;

    HeldLease(QueuedLock lock, long since) {
        this.grant = new Grant(this, lock, since);
    }

    @Override
    public void compacted() {
        moveEpoch();
    }

    /** Does what {@link #compacted()} does; returns how many waiters that released. */
    int moveEpoch() {
        try {
            return grant.lock.compacted(grant);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public void close() {
        close(null, null);
    }

    /** Closes the lease, and releases with the given outcome all waiters that would call the same compactor. */
    void close(@Nullable Ended ended, @Nullable GuardedCompactor compactor) {
        try {
            grant.lock.release(grant, ended, compactor);
        } finally {
            // Without this the lease could be collected, and the grant seen as dropped, while close() runs.
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public String toString() {
        return "Lease[" + grant.lock + ", " + (grant.lock.holder() == grant ? "open" : "closed") + "]";
    }
}
