package io.github.agentcompaction;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One attempt to have a session compacted in its asynchronous form: waits for its turn without a thread of its own. */
final class AsyncCompaction {

    /** The work of an attempt whose turn has not come. */
    private static final Runnable NOT_ITS_TURN = () -> {};

    private final GuardedCompactor compactor;
    private final CompactionAttempt attempt;
    private final Executor executor;
    private final CompletableFuture<CompactionOutcome> result = new CompletableFuture<>();

    /** What is still to be done on the executor; null once a thread has begun it, or the attempt ended before that. */
    private final AtomicReference<@Nullable Runnable> work = new AtomicReference<>(NOT_ITS_TURN);

    /** Set before the work is. */
    private volatile @Nullable HeldLease lease;

    private AsyncCompaction(GuardedCompactor compactor, CompactionAttempt attempt, Executor executor) {
        this.compactor = compactor;
        this.attempt = attempt;
        this.executor = executor;
    }

    /**
     * Starts an attempt. Cancelling the future leaves the queue, or frees the lease while no thread has begun to compact.
     *
     * @param executor runs the compactor; nothing else needs one of its threads
     * @param timeout how long the attempt waits for its turn and for a thread, together
     */
    static CompletableFuture<CompactionOutcome> start(
            GuardedCompactor compactor, CompactionAttempt attempt, Executor executor, Duration timeout) {
        AsyncCompaction compaction = new AsyncCompaction(compactor, attempt, executor);
        guarded(compaction.result, () -> {
            compactor.rejectIfCoolingDown(attempt);
            compaction.queue(timeout);
        });
        return compaction.result;
    }

    private void queue(Duration timeout) {
        CompletableFuture<Turn> turn = attempt.trigger() == CompactionTrigger.BACKGROUND
                ? attempt.lock().takeOrJoinAsync(compactor, attempt.seen())
                : attempt.lock().acquireOrJoinAsync(compactor, attempt.seen());
        result.whenComplete((outcome, failure) -> turn.cancel(false));
        turn.whenComplete((taken, failure) -> guarded(result, () -> {
            if (taken == null) {
                result.completeExceptionally(
                        failure instanceof TimeoutException ? attempt.timedOutInQueue() : requireNonNull(failure));
            } else if (taken instanceof HeldLease lease) {
                compactOn(lease);
            } else {
                work.set(null); // joining needs no thread
                result.complete(compactor.join(attempt, (Ended) taken));
            }
        }));
        if (!result.isDone()) {
            giveUpAfter(timeout, turn);
        }
    }

    /** On a thread that may block, not on the timer: callbacks hang on the result. */
    private void giveUpAfter(Duration timeout, CompletableFuture<Turn> turn) {
        Future<?> timer = OnDemandThreads.schedule(
                timeout,
                () -> OnDemandThreads.execute(() -> {
                    if (!turn.completeExceptionally(new TimeoutException()) && giveUpThread()) {
                        result.completeExceptionally(attempt.timedOutWithoutThread());
                    }
                }));
        result.whenComplete((outcome, failure) -> timer.cancel(false));
    }

    /** False if a thread has begun. Closes the lease before callbacks of the caller run, which may want it. */
    private boolean giveUpThread() {
        Runnable waiting = work.get();
        while (waiting != null && waiting != NOT_ITS_TURN) {
            if (work.compareAndSet(waiting, null)) {
                requireNonNull(lease).close();
                return true;
            }
            waiting = work.get();
        }
        return waiting != null;
    }

    private void compactOn(HeldLease lease) {
        this.lease = lease;
        AtomicReference<@Nullable Runnable> work = this.work;
        work.set(() -> guarded(result, () -> {
            try {
                attempt.carrier()
                        .execute(() -> result.complete(compactor.compact(attempt, lease, result::isCancelled)));
            } finally {
                lease.close(); // which the compactor's guard has done, unless what carries the context has failed
            }
        }));
        // The executor may refuse the task, drop it, or come to it when the attempt has been given up.
        result.whenComplete((outcome, failure) -> {
            if (work.getAndSet(null) != null) {
                lease.close();
            }
        });
        try {
            executor.execute(
                    () -> { // refers to nothing else: it may stay in the executor's queue for long
                        Runnable begun = work.getAndSet(null);
                        if (begun != null) {
                            begun.run();
                        }
                    });
        } catch (Throwable refused) {
            giveUpThread(); // first, because callbacks of the caller may want the lease
            throw refused;
        }
    }

    /** Runs a step; whatever goes wrong ends the result: an error in a callback of a future would vanish otherwise. */
    static void guarded(CompletableFuture<?> result, Runnable step) {
        try {
            step.run();
        } catch (Throwable e) {
            result.completeExceptionally(e);
        }
    }
}
