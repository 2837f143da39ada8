package io.github.agentcompaction;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/**
 * The lock of one session: the holder of its {@link Lease} may compact the session, all others wait in a queue.
 *
 * <p><b>Thread safety.</b> All methods may be called from any thread, platform or virtual. A lease belongs to no thread:
 * it may be closed by another one than the one that acquired it.
 *
 * <p><b>Fairness.</b> First in, first out, for blocking and asynchronous waiters alike. A newcomer takes a free lock only
 * when no other waits. A waiter that is interrupted, times out or is cancelled leaves the queue; a grant that races with
 * that goes to the next waiter.
 *
 * <p><b>Reentrancy.</b> None. A caller that holds the lease and calls {@link #acquire()} waits for itself; only a
 * {@link Compactor} that waits for the session which it is compacting is stopped, with a {@link CompactionException}.
 *
 * <p><b>Forgotten leases.</b> A lease that became unreachable without {@link Lease#close()} is taken back once the
 * garbage collector has noticed, and a warning names its agent and session. That is a safety net, not a way to release.
 *
 * <p>Instances come from {@link SessionCompactionState#getLock(String)}. Their {@code toString()} names session and agent on one line,
 * for messages.
 */
public interface SessionLock {

    /** {@return the id of the session that this lock belongs to} */
    String sessionId();

    /**
     * {@return whether the lease is held right now} Without waiters, false as soon as {@link Lease#close()} has
     * returned.
     */
    boolean isLocked();

    /**
     * {@return a mark of the session's history, which moves by one with each compaction}
     *
     * <p>Read it before calling the model, and compare after acquiring: another epoch means that the session was compacted
     * since, so the history should be reloaded instead of compacted again. Only equality carries meaning. The
     * first epoch of a lock is arbitrary, and is none that an older lock of the same state has had.
     */
    long epoch();

    /**
     * Takes the lease, and waits for it as long as it takes.
     *
     * @return the lease, to be closed by the caller
     * @throws InterruptedException if the thread was interrupted before or while it waited; it then has no lease
     */
    Lease acquire() throws InterruptedException;

    /**
     * Takes the lease if it is free.
     *
     * @return the lease, or empty if it is held
     */
    Optional<Lease> tryAcquire();

    /**
     * Takes the lease, and waits for it no longer than the given time.
     *
     * @param timeout how long to wait, on the machine's clock; zero or less does not wait
     * @return the lease, or empty if the time was up before it came free
     * @throws InterruptedException if the thread was interrupted before or while it waited; it then has no lease
     */
    Optional<Lease> tryAcquire(Duration timeout) throws InterruptedException;

    /**
     * Takes the lease, or fails as a {@link CompactionTemplate} does, with unchecked exceptions.
     *
     * @param timeout how long to wait, on the machine's clock; zero or less does not wait
     * @return the lease, to be closed by the caller
     * @throws SessionLockTimeoutException if the time was up before it came free
     * @throws CompactionException if the thread was interrupted; its flag is set again
     */
    Lease acquireWithin(Duration timeout);

    /**
     * Takes the lease when its turn has come, without blocking a thread.
     *
     * <p>Completing the returned future in any way leaves the queue: {@code cancel}, {@code orTimeout}, {@code complete}.
     * When the lease was free the future is complete on return, but with a store; otherwise the lease is delivered by a thread
     * of this library that may be blocked, never by the thread that closed the lease before.
     *
     * @return the future lease; {@link CancellationException} if it was cancelled
     */
    CompletableFuture<Lease> acquireAsync();

    /**
     * The right to compact one session, held until {@link #close()}.
     *
     * <p>Thread-safe. Use it in a {@code try} block with resources.
     */
    interface Lease extends AutoCloseable, LeaseStatus {

        /**
         * Marks the session as compacted under this lease: its {@link SessionLock#epoch()} moves by one, and the tasks that
         * wait for a compaction leave the queue. Further calls, and calls after {@link #close()}, change nothing.
         *
         * <p>With a store it first asks whether the lease is still this one, and blocks for that; the other replicas see the new
         * epoch when the lease is closed.
         *
         * @throws LeaseLostException if the lease was lost to another replica; nothing is changed
         * @throws StoreUnavailableException if the store does not answer; nothing is changed
         */
        void compacted();

        /** Gives the lease to the next in the queue. Only the first call does anything, from whatever thread. */
        @Override
        void close();
    }
}
