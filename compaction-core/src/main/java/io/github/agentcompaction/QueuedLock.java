package io.github.agentcompaction;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The lock of one session: one word that is free, held, or held with a queue. */
final class QueuedLock implements SessionLock {

    /*
     * Protocol. The field `state` is one of
     *
     *   null        free, and the cache knows this lock
     *   DISPLACED   free, and the cache has let go of this lock (SessionLocks finds it again by a weak reference)
     *   Grant       held, and nobody waits: taken and given back with one compare-and-set each
     *   WaitQueue   held, and somebody waits, the session was compacted, or the lock is displaced: everything goes
     *               through the queue's mutex
     *
     * A WaitQueue is published once, under its own mutex, and retired for good under its mutex when the lease is closed
     * and nobody waits; whoever locked it too late sees `retired` and reads `state` again. So there is no moment in
     * which a lock has waiters and no holder: close() hands over to the oldest waiter, which is why nobody overtakes.
     *
     * Who has left the queue is decided under the mutex too: a waiter that can still remove itself was never granted,
     * and one that cannot will be given a lease, which it must use or close.
     *
     * compacted() always takes the slow form, so it and close() on another thread cannot cross: either the close came
     * first and nothing is counted, or the epoch has moved before anybody else can hold the lock. A compaction takes a
     * call of a model, and close() without one stays a single compare-and-set.
     *
     * A displaced lock is always in the slow form while it is held, because only that form tells SessionLocks to keep
     * it strongly reachable. Otherwise a forgotten lease could be collected together with its lock, silently.
     *
     * Waiters are granted their lease after the mutex is released. Where leases are brief, the waiter behind is woken
     * already: a wake-up takes longer than such a lease.
     *
     * Size matters here: there is one instance for each session, 32 bytes.
     */

    private static final Object DISPLACED = new Object();

    /** One processor has nothing to gain by a second thread that is awake. */
    private static final boolean WAKES_AHEAD = Runtime.getRuntime().availableProcessors() > 1;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(QueuedLock.class, "state", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String sessionId;
    private final SessionLocks locks;

    /** Written under the mutex of the queue that holds the lease. */
    private volatile long epoch;

    private volatile @Nullable Object state;

    QueuedLock(String sessionId, SessionLocks locks, long epoch) {
        this.sessionId = sessionId;
        this.locks = locks;
        this.epoch = epoch;
    }

    @Override
    public String sessionId() {
        return sessionId;
    }

    SessionLocks locks() {
        return locks;
    }

    @Override
    public long epoch() {
        return epoch;
    }

    /** Moves the epoch on, once for each grant and only before it has ended. */
    void compacted(Grant grant) {
        while (true) {
            Object current = state;
            if (current instanceof WaitQueue queue) {
                queue.lock();
                try {
                    if (queue.holder() == grant && queue.markCompacted()) {
                        locks.epochReached(epoch + 1);
                        epoch = epoch + 1;
                    }
                    return;
                } finally {
                    queue.unlock();
                }
            } else if (current != grant) {
                return;
            }
            inflate(grant, grant, false, null);
        }
    }

    @Override
    public boolean isLocked() {
        Grant holder = holder();
        if (holder != null && holder.isDropped()) {
            locks.takeBack(holder);
            holder = holder();
        }
        return holder != null;
    }

    /** {@return the grant that holds the lock, or null} */
    @Nullable
    Grant holder() {
        Object current = state;
        if (current instanceof Grant grant) {
            return grant;
        }
        return current instanceof WaitQueue queue ? queue.holder() : null;
    }

    /** {@return how many wait at this moment} */
    int waiting() {
        return state instanceof WaitQueue queue ? queue.size() : 0;
    }

    @Override
    public Lease acquire() throws InterruptedException {
        failIfInterrupted();
        Lease lease = takeFree();
        return lease != null ? lease : Objects.requireNonNull(await(ParkedWaiter.FOREVER));
    }

    @Override
    public Optional<Lease> tryAcquire() {
        Lease lease = takeFree();
        return lease != null ? Optional.of(lease) : Optional.ofNullable(takeOrQueue(null));
    }

    @Override
    public Optional<Lease> tryAcquire(Duration timeout) throws InterruptedException {
        Objects.requireNonNull(timeout, "timeout must not be null");
        failIfInterrupted();
        Lease lease = takeFree();
        if (lease != null) {
            return Optional.of(lease);
        }
        long nanos = Durations.toNanos(timeout);
        return Optional.ofNullable(nanos <= 0 ? takeOrQueue(null) : await(nanos));
    }

    @Override
    public CompletableFuture<Lease> acquireAsync() {
        Lease lease = takeFree();
        if (lease != null) {
            return CompletableFuture.completedFuture(lease);
        }
        try {
            RunningCompactions.refuseNested(this, locks.agent(), sessionId);
        } catch (CompactionException e) {
            return CompletableFuture.failedFuture(e);
        }
        FutureWaiter waiter = new FutureWaiter(this, locks.now());
        lease = takeOrQueue(waiter);
        if (lease != null) {
            return CompletableFuture.completedFuture(lease);
        }
        // However the future is completed by others, that leaves the queue; after a grant, leave() does nothing.
        waiter.whenComplete((granted, failure) -> leave(waiter, failure instanceof TimeoutException));
        return waiter;
    }

    private static void failIfInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    /** The fast path: takes a lock that is free and not displaced. */
    private @Nullable HeldLease takeFree() {
        if (state != null) {
            return null;
        }
        HeldLease lease = new HeldLease(this);
        return STATE.compareAndSet(this, null, lease.grant()) ? lease : null;
    }

    /** Takes the lock if it is free, else queues the waiter if there is one. Returns the lease, or null. */
    @Nullable
    HeldLease takeOrQueue(@Nullable Waiter waiter) {
        while (true) {
            Object current = state;
            if (current == null) {
                HeldLease lease = takeFree();
                if (lease != null) {
                    return lease;
                }
            } else if (current == DISPLACED) {
                HeldLease lease = new HeldLease(this);
                if (inflate(DISPLACED, lease.grant(), true, null)) {
                    return lease;
                }
            } else {
                Grant holder = holder();
                if (holder == null) {
                    Thread.onSpinWait(); // just being given back
                } else if (holder.isDropped()) {
                    locks.takeBack(holder);
                } else if (waiter == null) {
                    return null;
                } else if (current instanceof WaitQueue queue
                        ? queue.add(waiter, locks)
                        : inflate(current, holder, false, waiter)) {
                    locks.watchForDroppedLeases();
                    return null;
                }
            }
        }
    }

    /** Puts a queue in the place of the expected state; false if the state was another. */
    private boolean inflate(Object expected, Grant holder, boolean displaced, @Nullable Waiter first) {
        WaitQueue queue = new WaitQueue(holder, System.nanoTime());
        queue.lock();
        try {
            if (!STATE.compareAndSet(this, expected, queue)) {
                return false;
            }
            if (displaced) {
                queue.displaced = true;
                locks.keepReachable(this);
            }
            if (first != null) {
                queue.add(first, locks);
            }
            return true;
        } finally {
            queue.unlock();
        }
    }

    /** Waits in the queue. Returns the lease, or null when the time is up. */
    private @Nullable HeldLease await(long nanos) throws InterruptedException {
        RunningCompactions.refuseNested(this, locks.agent(), sessionId);
        return await(new ParkedWaiter(this, locks.now(), nanos));
    }

    @Nullable
    HeldLease await(ParkedWaiter waiter) throws InterruptedException {
        HeldLease lease = takeOrQueue(waiter);
        if (lease != null) {
            return lease;
        }
        try {
            lease = waiter.await();
        } catch (Throwable e) { // interrupted, most likely
            if (!leave(waiter, false)) {
                waiter.awaitDecided().close();
                locks.tellGivenUp(this, waiter, false);
            }
            throw e;
        }
        if (lease == null) {
            if (leave(waiter, true)) {
                return null;
            }
            lease = waiter.awaitDecided();
        }
        locks.tellAcquired(this, waiter);
        return lease;
    }

    /** Leaves the queue. False if it was too late: the waiter was granted. */
    boolean leave(Waiter waiter, boolean timedOut) {
        if (state instanceof WaitQueue queue && queue.remove(waiter, locks)) {
            locks.tellGivenUp(this, waiter, timedOut);
            return true;
        }
        return false;
    }

    /** Ends a grant and hands over to the oldest waiter. False if the grant had ended before. */
    boolean release(Grant grant) {
        while (true) {
            Object current = state;
            if (current == grant) {
                if (STATE.compareAndSet(this, grant, null)) {
                    return true;
                }
            } else {
                return current instanceof WaitQueue queue && release(grant, queue);
            }
        }
    }

    private boolean release(Grant grant, WaitQueue queue) {
        // Before a waiter is taken out, who could not be served any more if this failed; and the ticker is the user's.
        HeldLease lease = new HeldLease(this);
        Waiter next;
        Waiter following;
        queue.lock();
        try {
            if (queue.holder() != grant) {
                return false; // a retired queue has no holder, and this grant has ended
            }
            next = queue.poll(locks);
            if (next == null) {
                queue.retire();
                state = queue.displaced ? DISPLACED : null;
                if (queue.displaced) {
                    locks.releaseReachable(this);
                }
                return true;
            }
            queue.handOver(lease.grant(), System.nanoTime());
            following = WAKES_AHEAD ? queue.toBeReady() : null;
        } finally {
            queue.unlock();
        }
        next.grant(lease);
        if (following != null) {
            following.beReady();
        }
        return true;
    }

    /** The cache let go of this lock. */
    void displaced() {
        while (true) {
            Object current = state;
            if (current instanceof WaitQueue queue) {
                queue.lock();
                try {
                    if (!queue.isRetired()) {
                        queue.displaced = true;
                        locks.keepReachable(this);
                        return;
                    }
                } finally {
                    queue.unlock();
                }
            } else if (current instanceof Grant holder) {
                if (inflate(holder, holder, true, null)) {
                    return;
                }
            } else if (current == DISPLACED || STATE.compareAndSet(this, null, DISPLACED)) {
                return;
            }
        }
    }

    /** The cache has this lock again. */
    void restored() {
        while (true) {
            Object current = state;
            if (current instanceof WaitQueue queue) {
                queue.lock();
                try {
                    if (!queue.isRetired()) {
                        queue.displaced = false;
                        locks.releaseReachable(this);
                        return;
                    }
                } finally {
                    queue.unlock();
                }
            } else if (current != DISPLACED || STATE.compareAndSet(this, DISPLACED, null)) {
                return;
            }
        }
    }

    @Override
    public String toString() {
        return "SessionLock[" + Names.session(locks.agent(), sessionId) + ", " + (isLocked() ? "locked" : "free") + "]";
    }
}
