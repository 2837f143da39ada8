package io.github.agentcompaction;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One entry in a lock's queue: the future that a blocked thread waits for, or that an asynchronous caller got.
 *
 * <p>The first completion decides: the lock with the waiter's turn, or a caller that gives up.
 */
final class Waiter<T> extends CompletableFuture<T> {

    final boolean blocking;

    /** When it began to wait, on the state's ticker. */
    final long since;

    private final @Nullable GuardedCompactor compactor;
    private final Seen seen;

    /** What a blocked thread does for the others that are woken with it; set before the future is completed. */
    @Nullable
    Runnable help;

    /** Whether it has queued and its turn has not come. Guarded by the lock's mutex. */
    boolean queued;

    /** Whether it has waited for a holder of the lease, here or in another replica. Guarded like {@link #queued}. */
    boolean toldBusy;

    /** Whether it waits for no other holder, but for one answer of the store at most. Set before it queues. */
    boolean impatient;

    /** The search for the store's lease that it is the first to queue for: nobody has the lease here. Set when it queues. */
    @Nullable
    LeaseSearch asks;

    /**
     * @param blocking whether a thread blocks until the future is complete; else callbacks may hang on it
     * @param since when it begins to wait, on the state's ticker
     * @param compactor what it would call under the lease, unless the session is compacted without it; null if it needs the
     *     lease in any case
     * @param seen what its task knew when it read the history
     */
    Waiter(boolean blocking, long since, @Nullable GuardedCompactor compactor, Seen seen) {
        this.blocking = blocking;
        this.since = since;
        this.compactor = compactor;
        this.seen = seen;
    }

    /** {@return whether it had to wait for another holder, and not for an answer of the store alone} */
    boolean hasWaited() {
        return asks == null || toldBusy;
    }

    /** {@return whether the waiter leaves when the session has been compacted} */
    boolean joins() {
        return compactor != null;
    }

    /** {@return whether the session was compacted since the waiter's task read the history} */
    boolean isLate(long epoch) {
        return joins() && epoch != seen.epoch();
    }

    /** {@return whether the waiter leaves if the session was compacted elsewhere at that moment} */
    boolean joinsBefore(long nanoTime) {
        return joins() && seen.isBefore(nanoTime);
    }

    /** {@return whether the waiter would call that compactor, so that what it has ended in holds for this one too} */
    boolean wouldCall(@Nullable GuardedCompactor other) {
        return joins() && compactor == other;
    }

    /**
     * Completes the future with the waiter's turn. If the caller has given up, gives a lease back, on another thread: the next
     * one may have given up, too, and so on through a long queue.
     */
    @SuppressWarnings("unchecked") // a waiter that does not join is never given anything but a lease
    void take(Turn turn) {
        if (!complete((T) turn) && turn instanceof HeldLease lease) {
            OnDemandThreads.execute(lease::close);
        }
    }

    /** Ends an impatient wait because another has the lease: with that one's compaction, if this is what it waits for. */
    void endBusy() {
        if (joins()) {
            take(Ended.of(CompactionOutcome.JOINED));
        } else {
            completeExceptionally(new TimeoutException());
        }
    }

    /** Completes the future with why the caller gives up; returns the turn if that came first, for the caller to deal with. */
    @Nullable
    T giveUp(Throwable reason) {
        return completeExceptionally(reason) || isCompletedExceptionally() ? null : join();
    }

    /**
     * Blocks until the future is complete. A fork-join worker is replaced meanwhile, if its pool may grow; it must not work off
     * other tasks, as {@link #get()} lets it, because such a task may wait for this very lock.
     */
    T await(long nanos) throws InterruptedException, TimeoutException {
        CountDownLatch done = new CountDownLatch(1);
        whenComplete((value, failure) -> done.countDown());
        ForkJoinPool.ManagedBlocker wait = new ForkJoinPool.ManagedBlocker() {
            @Override
            public boolean block() throws InterruptedException {
                done.await(nanos, TimeUnit.NANOSECONDS);
                return true;
            }

            @Override
            public boolean isReleasable() {
                return isDone();
            }
        };
        try {
            ForkJoinPool.managedBlock(wait);
        } catch (RejectedExecutionException noSpareThread) {
            wait.block();
        }
        if (!isDone()) {
            throw new TimeoutException();
        }
        if (help != null) {
            help.run();
        }
        try {
            return join();
        } catch (CompletionException e) { // the lock has failed the waiter, with an exception of this library
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }
}
