package io.github.agentcompaction;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One attempt to have a session compacted in its asynchronous form: waits for the lease without a thread of its own. */
final class AsyncCompaction {

    private final CompactionTemplate template;
    private final SessionLock lock;
    private final String sessionId;
    private final long seenEpoch;
    private final @Nullable Throwable limit;
    private final long asked;
    private final CompletableFuture<CompactionOutcome> result = new CompletableFuture<>();

    private AsyncCompaction(
            CompactionTemplate template,
            SessionLock lock,
            String sessionId,
            long seenEpoch,
            @Nullable Throwable limit) {
        this.template = template;
        this.lock = lock;
        this.sessionId = sessionId;
        this.seenEpoch = seenEpoch;
        this.limit = limit;
        this.asked = template.state().now();
    }

    /**
     * Cancelling the future leaves the queue, or frees the lease while no thread has begun to compact.
     *
     * @param limit the error that asks for the compaction, if it is one
     */
    static CompletableFuture<CompactionOutcome> start(
            CompactionTemplate template,
            SessionLock lock,
            String sessionId,
            long seenEpoch,
            @Nullable Throwable limit) {
        AsyncCompaction compaction = new AsyncCompaction(template, lock, sessionId, seenEpoch, limit);
        compaction.guarded(() -> {
            template.compactor().rejectIfCoolingDown(lock, sessionId, seenEpoch, compaction.asked);
            compaction.queue();
        });
        return compaction.result;
    }

    private void queue() {
        long start = System.nanoTime();
        CompletableFuture<SessionLock.Lease> waiting = lock.acquireAsync();
        giveUpAfter(Durations.toNanos(template.lockTimeout()), waiting);
        result.whenComplete((outcome, failure) -> waiting.cancel(false));
        waiting.whenComplete((lease, failure) -> guarded(() -> {
            if (lease != null) {
                compactOn(lease);
            } else if (failure instanceof TimeoutException) {
                throw template.timedOut(sessionId, start, limit);
            } else if (failure != null) {
                result.completeExceptionally(failure);
            }
        }));
    }

    /** Like orTimeout, but what hangs on the future runs on a thread that may block, not on the JVM's only timer. */
    private static void giveUpAfter(long nanos, CompletableFuture<?> waiting) {
        CompletableFuture<Void> timer = new CompletableFuture<Void>().orTimeout(nanos, TimeUnit.NANOSECONDS);
        timer.exceptionallyAsync(
                timeout -> {
                    waiting.completeExceptionally(timeout);
                    return null;
                },
                OnDemandThreads.EXECUTOR);
        waiting.whenComplete((lease, failure) -> timer.complete(null));
    }

    private void compactOn(SessionLock.Lease lease) {
        // Or given up: while the executor had no thread for it, or because it refused.
        AtomicBoolean begun = new AtomicBoolean();
        result.whenComplete((outcome, failure) -> {
            if (begun.compareAndSet(false, true)) {
                lease.close();
            }
        });
        template.executor().execute(() -> {
            if (begun.compareAndSet(false, true)) {
                guarded(() ->
                        result.complete(template.compactor().compactOrJoin(lease, lock, sessionId, seenEpoch, asked)));
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
