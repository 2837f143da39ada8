package io.github.agentcompaction;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The holder of a contended lock and those who wait for it, oldest first. Its mutex is never held while anybody waits. */
final class WaitQueue {

    /**
     * From one hand-over to the next in nanoseconds, what is brief: the lease, and about ten microseconds to wake its
     * holder.
     */
    static final long BRIEF = 25_000;

    private final ReentrantLock mutex = new ReentrantLock();

    /** Guarded by the mutex. A linked set, because a waiter may leave from anywhere in the queue. */
    private final Set<Waiter> waiters = new LinkedHashSet<>();

    /** Written under the mutex. Null once the queue is retired: a queue that is in use has a holder. */
    private volatile @Nullable Grant holder;

    /** Whether the holder has compacted the session; guarded by the mutex. */
    private boolean compacted;

    /** Whether the cache has let go of the lock; guarded by the mutex. */
    boolean displaced;

    /** When the lease was handed over last, or the queue made, on the machine's clock; guarded by the mutex. */
    private long handedOver;

    /** Whether the lease before this one was brief; guarded by the mutex. */
    private boolean brief;

    WaitQueue(Grant holder, long now) {
        this.holder = holder;
        this.handedOver = now;
    }

    void lock() {
        mutex.lock();
    }

    void unlock() {
        mutex.unlock();
    }

    @Nullable
    Grant holder() {
        return holder;
    }

    boolean isRetired() {
        return holder == null;
    }

    void handOver(Grant next, long now) {
        holder = next;
        compacted = false;
        brief = now - handedOver < BRIEF;
        handedOver = now;
    }

    /** {@return the waiter that should be awake by the next hand-over, or null} A guess: this lease may be a long one. */
    @Nullable
    Waiter toBeReady() {
        return brief && !waiters.isEmpty() ? waiters.iterator().next() : null;
    }

    /** Notes that the holder has compacted the session; false if that was noted before. */
    boolean markCompacted() {
        boolean first = !compacted;
        compacted = true;
        return first;
    }

    void retire() {
        holder = null;
    }

    /** Adds a waiter at the end; false if the queue is retired. */
    boolean add(Waiter waiter, SessionLocks locks) {
        mutex.lock();
        try {
            if (isRetired()) {
                return false;
            }
            locks.waiting().increment();
            return waiters.add(waiter);
        } finally {
            mutex.unlock();
        }
    }

    /** Removes a waiter; false if it is not in the queue, or no longer. */
    boolean remove(Waiter waiter, SessionLocks locks) {
        mutex.lock();
        try {
            boolean removed = waiters.remove(waiter);
            if (removed) {
                locks.waiting().decrement();
            }
            return removed;
        } finally {
            mutex.unlock();
        }
    }

    /** Takes the oldest waiter out, passing over none: one that is done by now refuses its lease itself. */
    @Nullable
    Waiter poll(SessionLocks locks) {
        Iterator<Waiter> oldest = waiters.iterator();
        if (!oldest.hasNext()) {
            return null;
        }
        Waiter waiter = oldest.next();
        oldest.remove();
        locks.waiting().decrement();
        return waiter;
    }

    int size() {
        mutex.lock();
        try {
            return waiters.size();
        } finally {
            mutex.unlock();
        }
    }
}
