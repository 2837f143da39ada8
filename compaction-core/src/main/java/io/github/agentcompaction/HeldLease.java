package io.github.agentcompaction;

import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** A lease as its holder sees it. The lock refers to it only weakly, through its grant. */
final class HeldLease implements SessionLock.Lease, Turn {

    final Grant grant;

    /** @param stored the same lease at the store, if replicas share one */
    HeldLease(QueuedLock lock, long since, @Nullable StoreLease stored) {
        this.grant = new Grant(this, lock, since, stored, null);
    }

    /** The place of a search, which no task is given. */
    HeldLease(SharedLock lock, LeaseSearch search) {
        this.grant = new Grant(this, lock, lock.context.now(), null, search);
    }

    @Override
    public long fence() {
        return grant.fence;
    }

    @Override
    public boolean lost() {
        return grant.stored != null && grant.stored.isLost();
    }

    @Override
    public void compacted() {
        try {
            if (grant.stored != null) {
                grant.stored.noteWritten();
                grant.stored.requireHeld();
            }
        } finally {
            Reference.reachabilityFence(this);
        }
        moveEpoch();
    }

    /** {@return whether {@link #commit} is a transaction of the store} */
    boolean isTransactional() {
        return grant.stored != null && grant.stored.isTransactional();
    }

    /** Notes that the compactor has written the history by itself. */
    void noteWritten() {
        if (grant.stored != null) {
            grant.stored.noteWritten();
        }
    }

    /** Writes the history, unless the lease was lost; then throws, and in a transaction of the store nothing is written. */
    void commit(Runnable write) {
        try {
            if (grant.stored == null) {
                write.run();
            } else if (!grant.stored.commit(write)) {
                throw grant.stored.lostException();
            }
        } finally {
            Reference.reachabilityFence(this);
        }
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
