package io.github.agentcompaction;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One task of {@link CompactionTemplate} in its asynchronous form: the loop of tries, without a thread of its own. */
final class AsyncRun<T extends @Nullable Object, R extends @Nullable Object> {

    private final CompactionTemplate template;
    private final String sessionId;
    private final Supplier<? extends CompletionStage<T>> task;
    private final Reply<T, R> reply;
    private final SessionLock lock;
    private final CompletableFuture<R> result = new CompletableFuture<>();

    /** Written by one try at a time. */
    private int retries;

    private AsyncRun(
            CompactionTemplate template,
            SessionLock lock,
            String sessionId,
            Supplier<? extends CompletionStage<T>> task,
            Reply<T, R> reply) {
        this.template = template;
        this.lock = lock;
        this.sessionId = sessionId;
        this.task = task;
        this.reply = reply;
    }

    static <T extends @Nullable Object, R extends @Nullable Object> CompletableFuture<R> start(
            CompactionTemplate template,
            String sessionId,
            Supplier<? extends CompletionStage<T>> task,
            Reply<T, R> reply) {
        Names.requireSessionId(sessionId);
        Objects.requireNonNull(task, "task must not be null");
        SessionLock lock = template.state().getLock(sessionId);
        try {
            RunningCompactions.refuseNested(lock, template.state().agent(), sessionId);
        } catch (CompactionException e) {
            return CompletableFuture.failedFuture(e);
        }
        AsyncRun<T, R> run = new AsyncRun<>(template, lock, sessionId, task, reply);
        run.attempt();
        return run.result;
    }

    /** A root task takes the summary along, or leaves it if nobody waits for the answer any more. */
    static <T extends @Nullable Object> Reply<T, CompactedReply<T>> rootReply(
            SessionCompactionState state, String sessionId) {
        return (value, result) -> {
            if (result.isDone()) {
                return;
            }
            CompactedReply<T> reply = new CompactedReply<>(value, state.popSummary(sessionId));
            if (!result.complete(reply)) {
                reply.summary().ifPresent(summary -> state.putSummaryBack(sessionId, summary));
            }
        };
    }

    static <T extends @Nullable Object> Reply<T, T> subtaskReply() {
        return (value, result) -> result.complete(value);
    }

    private void attempt() {
        if (result.isDone()) {
            return;
        }
        long epoch = lock.epoch(); // before the task reads the history
        CompletionStage<T> stage;
        try {
            stage = Objects.requireNonNull(task.get(), "the task must return a stage, not null");
        } catch (Throwable e) {
            failed(epoch, e);
            return;
        }
        stage.whenComplete((value, failure) -> {
            if (failure == null) {
                guarded(() -> reply.give(value, result));
            } else {
                failed(epoch, unwrapped(failure));
            }
        });
    }

    private void failed(long epoch, Throwable failure) {
        guarded(() -> {
            if (result.isDone()) {
                return;
            }
            if (!template.isContextLimit(failure)) {
                result.completeExceptionally(failure);
                return;
            }
            template.requireRetryLeft(sessionId, retries, failure);
            long asked = template.state().now();
            template.compactor().rejectIfCoolingDown(lock, sessionId, epoch, asked);
            queue(epoch, asked, failure);
        });
    }

    private void queue(long epoch, long asked, Throwable limit) {
        long start = System.nanoTime();
        CompletableFuture<SessionLock.Lease> waiting = lock.acquireAsync();
        giveUpAfter(Durations.toNanos(template.lockTimeout()), waiting);
        result.whenComplete((value, failure) -> waiting.cancel(false));
        waiting.whenComplete((lease, failure) -> guarded(() -> {
            if (lease != null) {
                compactOn(lease, epoch, asked, limit);
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

    private void compactOn(SessionLock.Lease lease, long epoch, long asked, Throwable limit) {
        AtomicBoolean begun = new AtomicBoolean(); // or given up, while the executor had no thread for it
        result.whenComplete((value, failure) -> {
            if (begun.compareAndSet(false, true)) {
                lease.close();
            }
        });
        try {
            template.executor().execute(() -> {
                if (begun.compareAndSet(false, true)) {
                    guarded(() -> compact(lease, epoch, asked, limit));
                }
            });
        } catch (Throwable e) {
            lease.close();
            throw e;
        }
    }

    private void compact(SessionLock.Lease lease, long epoch, long asked, Throwable limit) {
        CompactionOutcome outcome = template.compactor().compactOrJoin(lease, lock, sessionId, epoch, asked);
        template.requireShortened(sessionId, outcome, limit);
        retries++;
        attempt();
    }

    /** Whatever goes wrong ends the run: an error in a callback of a future would vanish otherwise. */
    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (Throwable e) {
            result.completeExceptionally(e);
        }
    }

    private static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure.getCause();
        return cause != null && (failure instanceof CompletionException || failure instanceof ExecutionException)
                ? cause
                : failure;
    }

    /** Turns what the task answered into the result. */
    interface Reply<T extends @Nullable Object, R extends @Nullable Object> {
        void give(T value, CompletableFuture<R> result);
    }
}
