package io.github.agentcompaction;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/** One attempt to have a session compacted in its asynchronous form: waits for its turn without a thread of its own. */
final class AsyncCompaction {

    private final GuardedCompactor compactor;
    private final CompactionAttempt attempt;
    private final Executor executor;
    private final CompletableFuture<CompactionOutcome> result = new CompletableFuture<>();

    /** Set by the thread that begins to compact, or when the attempt ends before that; who comes second does nothing. */
    private final AtomicBoolean claimed = new AtomicBoolean();

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
        compaction.guarded(() -> {
            compactor.rejectIfCoolingDown(attempt);
            compaction.queue(timeout);
        });
        return compaction.result;
    }

    private void queue(Duration timeout) {
        CompletableFuture<Turn> turn = attempt.lock().acquireOrJoinAsync(compactor, attempt.seenEpoch());
        result.whenComplete((outcome, failure) -> turn.cancel(false));
        turn.whenComplete((taken, failure) -> guarded(() -> {
            if (taken == null) {
                result.completeExceptionally(
                        failure instanceof TimeoutException ? attempt.timedOutInQueue() : requireNonNull(failure));
            } else if (taken instanceof HeldLease lease) {
                compactOn(lease);
            } else {
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
                    if (!turn.completeExceptionally(new TimeoutException()) && !claimed.get()) {
                        result.completeExceptionally(attempt.timedOutWithoutThread());
                    }
                }));
        result.whenComplete((outcome, failure) -> timer.cancel(false));
    }

    private void compactOn(HeldLease lease) {
        // The executor may refuse the task, drop it, or come to it when the attempt has been given up.
        result.whenComplete((outcome, failure) -> {
            if (claimed.compareAndSet(false, true)) {
                lease.close();
            }
        });
        executor.execute(() -> {
            if (claimed.compareAndSet(false, true)) {
                guarded(() -> result.complete(compactor.compact(attempt, lease, result::isCancelled)));
            }
        });
    }

    /** Whatever goes wrong ends the attempt: an error in a callback of a future would vanish otherwise. */
    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (Throwable e) {
            result.completeExceptionally(e);
        }
    }
}
