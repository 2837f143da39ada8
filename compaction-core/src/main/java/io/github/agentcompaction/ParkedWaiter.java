package io.github.agentcompaction;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The thread that made it, blocked until it is granted the lease.
 *
 * <p>A worker of a fork-join pool is replaced while it waits, as it would be in {@code CompletableFuture.get}: the holder
 * of the lease may need that pool to come to an end. If the pool has no more threads, the worker just waits.
 */
class ParkedWaiter implements Waiter, ForkJoinPool.ManagedBlocker {

    /** To wait without a limit. */
    static final long FOREVER = Long.MAX_VALUE;

    private final QueuedLock lock;
    private final long since;
    private final Thread thread = Thread.currentThread();
    private final boolean timed;
    private final long deadline;
    private volatile @Nullable HeldLease granted;
    private volatile boolean ready;

    /** @param nanos how long to wait at most, from now */
    ParkedWaiter(QueuedLock lock, long since, long nanos) {
        this.lock = lock;
        this.since = since;
        this.timed = nanos != FOREVER;
        this.deadline = System.nanoTime() + nanos;
    }

    @Override
    public long since() {
        return since;
    }

    @Override
    public void grant(HeldLease lease) {
        granted = lease;
        LockSupport.unpark(thread); // in vain if it looks out; its next park() returns at once then, which is allowed
    }

    @Override
    public void beReady() {
        ready = true;
        LockSupport.unpark(thread);
    }

    /** Waits for the grant. Returns the lease, or null when the time is up; it may be granted all the same. */
    @Nullable
    HeldLease await() throws InterruptedException {
        try {
            ForkJoinPool.managedBlock(this);
        } catch (RejectedExecutionException noSpareThread) {
            block();
        }
        return granted;
    }

    /** Waits for a grant that has been decided. */
    HeldLease awaitDecided() {
        boolean interrupted = false;
        HeldLease lease;
        while ((lease = granted) == null) {
            LockSupport.park(lock);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            thread.interrupt();
        }
        return lease;
    }

    @Override
    public boolean isReleasable() {
        return granted != null;
    }

    @Override
    public boolean block() throws InterruptedException {
        while (granted == null) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            long left = timed ? deadline - System.nanoTime() : FOREVER;
            if (left <= 0) {
                return true;
            }
            if (ready) {
                ready = false;
                lookOut();
            } else if (timed) {
                LockSupport.parkNanos(lock, left);
            } else {
                LockSupport.park(lock);
            }
        }
        return true;
    }

    /** Stays awake for a brief lease. It yields instead of spinning: the holder may need this very processor. */
    private void lookOut() {
        long start = System.nanoTime();
        while (granted == null && System.nanoTime() - start < WaitQueue.BRIEF) {
            Thread.yield();
        }
    }
}
