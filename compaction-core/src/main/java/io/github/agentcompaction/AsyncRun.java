package io.github.agentcompaction;

import io.github.agentcompaction.Summaries.Popped;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One task of {@link CompactionTemplate} in its asynchronous form: the loop of tries, without a thread of its own. */
final class AsyncRun<T extends @Nullable Object, R extends @Nullable Object> {

    private final CompactionTemplate template;
    private final Supplier<? extends CompletionStage<T>> task;
    private final UnaryOperator<Seen> read;
    private final Reply<T, R> reply;
    private final QueuedLock lock;
    private final Executor carrier;
    private final CompletableFuture<R> result = new CompletableFuture<>();

    /** Written by one try at a time. */
    private int retries;

    private AsyncRun(
            CompactionTemplate template,
            QueuedLock lock,
            Supplier<? extends CompletionStage<T>> task,
            UnaryOperator<Seen> read,
            Reply<T, R> reply) {
        this.template = template;
        this.lock = lock;
        this.task = task;
        this.read = read;
        this.reply = reply;
        this.carrier = template.carrier();
    }

    /** @param read what the task has really seen, of what there was when it was called */
    static <T extends @Nullable Object, R extends @Nullable Object> CompletableFuture<R> start(
            CompactionTemplate template,
            String sessionId,
            Supplier<? extends CompletionStage<T>> task,
            UnaryOperator<Seen> read,
            Reply<T, R> reply) {
        Names.requireSessionId(sessionId);
        Objects.requireNonNull(task, "task must not be null");
        QueuedLock lock;
        try {
            lock = template.lockOf(sessionId);
        } catch (CompactionException e) {
            return CompletableFuture.failedFuture(e);
        }
        AsyncRun<T, R> run = new AsyncRun<>(template, lock, task, read, reply);
        run.attempt();
        return run.result;
    }

    /** A root task takes the summary along, or leaves it if the caller has given up. */
    static <T extends @Nullable Object> Reply<T, CompactedReply<T>> rootReply(
            SessionCompactionState state, String sessionId) {
        return (value, result) -> {
            if (result.isDone()) {
                return;
            }
            whenPopped(state.pop(sessionId), popped -> {
                if (!result.complete(new CompactedReply<>(value, popped.summary()))) {
                    popped.giveBack().run();
                }
            });
        };
    }

    /** On this thread, or else on one that may block: a store's threads are not for the callbacks of the result. */
    private static void whenPopped(CompletionStage<Popped> popping, Consumer<Popped> then) {
        if (popping.toCompletableFuture().isDone()) {
            popping.thenAccept(then);
        } else {
            popping.thenAcceptAsync(then, OnDemandThreads::execute);
        }
    }

    static <T extends @Nullable Object> Reply<T, T> subtaskReply() {
        return (value, result) -> result.complete(value);
    }

    private void attempt() {
        if (result.isDone()) {
            return;
        }
        Seen seen = Seen.now(lock); // before the task reads the history
        CompletionStage<T> stage;
        try {
            stage = Objects.requireNonNull(task.get(), "the task must return a stage, not null");
        } catch (Throwable e) {
            failed(seen, e);
            return;
        }
        stage.whenComplete((value, failure) -> {
            if (failure == null) {
                AsyncCompaction.guarded(result, () -> reply.give(value, result));
            } else {
                failed(seen, unwrapped(failure));
            }
        });
    }

    private void failed(Seen seen, Throwable failure) {
        AsyncCompaction.guarded(result, () -> {
            if (result.isDone()) {
                return;
            }
            if (!template.isContextLimit(failure)) {
                result.completeExceptionally(failure);
                return;
            }
            template.requireRetryLeft(lock, retries, failure);
            compact(seen, failure);
        });
    }

    private void compact(Seen seen, Throwable limit) {
        CompletableFuture<CompactionOutcome> compaction = template.compactAsync(
                template.attempt(lock, read.apply(seen), CompactionTrigger.OVERFLOW, limit, carrier));
        result.whenComplete((value, failure) -> compaction.cancel(false));
        compaction.whenComplete((outcome, failure) -> AsyncCompaction.guarded(result, () -> {
            if (outcome == null) {
                result.completeExceptionally(Objects.requireNonNull(failure));
                return;
            }
            template.requireShortened(lock, outcome, limit);
            retries++;
            attempt();
        }));
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
