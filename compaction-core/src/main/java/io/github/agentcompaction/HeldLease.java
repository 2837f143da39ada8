package io.github.agentcompaction;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;

/** A lease as its holder sees it. The lock refers to it only weakly, through its grant. */
final class HeldLease implements SessionLock.Lease {

    private static final int OPEN = 0;
    private static final int COMPACTED = 1;
    private static final int CLOSED = 2;

    private static final VarHandle STATUS;

    static {
        try {
            STATUS = MethodHandles.lookup().findVarHandle(HeldLease.class, "status", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Grant grant;
    private long epoch;
    private volatile int status;

    HeldLease(QueuedLock lock) {
        SessionLocks locks = lock.locks();
        this.grant = new Grant(this, lock, locks.now(), locks.droppedLeases());
    }

    Grant grant() {
        return grant;
    }

    /** The lock is taken, and this is its epoch; nobody else can change it until the lease is closed. */
    void begin(long lockEpoch) {
        this.epoch = lockEpoch;
    }

    @Override
    public void compacted() {
        if (STATUS.compareAndSet(this, OPEN, COMPACTED)) {
            grant.lock().advance(epoch);
        }
    }

    @Override
    public void close() {
        try {
            int before = (int) STATUS.getAndSet(this, CLOSED);
            if (before == CLOSED) {
                return;
            }
            QueuedLock lock = grant.lock();
            if (before == COMPACTED) {
                // compacted() may still be between its two steps on another thread; the next holder must see the epoch.
                lock.advance(epoch);
            }
            lock.release(grant);
            lock.locks().tellClosed(grant);
        } finally {
            // Without this the lease could be collected, and the grant seen as dropped, while close() runs.
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public String toString() {
        QueuedLock lock = grant.lock();
        return "Lease[" + Names.session(lock.locks().agent(), lock.sessionId()) + ", "
                + (status == CLOSED ? "closed" : "open") + "]";
    }
}
