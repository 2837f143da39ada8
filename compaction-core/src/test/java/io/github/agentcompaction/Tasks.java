package io.github.agentcompaction;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Threads of a test, with limits on how long anything may take. */
final class Tasks {

    /** Far longer than anything here takes, so that a slow machine is no failure and a hang is one. */
    static final long LIMIT_SECONDS = 60;

    private Tasks() {}

    static <T extends @Nullable Object> Future<T> start(Callable<T> task) {
        return new Started<>(task);
    }

    /** Starts a task on a thread that the test can interrupt. */
    static <T extends @Nullable Object> Started<T> startThread(Callable<T> task) {
        return new Started<>(task);
    }

    /** Starts the same task on many threads, released together. */
    static <T extends @Nullable Object> List<Future<T>> startTogether(int threads, Callable<T> task) {
        CountDownLatch ready = new CountDownLatch(threads);
        List<Future<T>> started = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            started.add(start(() -> {
                ready.countDown();
                await(ready);
                return task.call();
            }));
        }
        return started;
    }

    static <T extends @Nullable Object> T get(Future<T> future) {
        try {
            return future.get(LIMIT_SECONDS, SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError("not done in time", e);
        }
    }

    static <T extends @Nullable Object> List<T> getAll(List<? extends Future<T>> futures) {
        List<T> results = new ArrayList<>();
        futures.forEach(future -> results.add(get(future)));
        return results;
    }

    /** What a future failed with. */
    static Throwable failure(Future<?> future) {
        try {
            Object result = future.get(LIMIT_SECONDS, SECONDS);
            throw new AssertionError("expected a failure, but it returned " + result);
        } catch (ExecutionException e) {
            return Objects.requireNonNull(e.getCause());
        } catch (CancellationException e) {
            return e;
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError("not done in time", e);
        }
    }

    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(LIMIT_SECONDS, SECONDS)) {
                throw new AssertionError("not released in time");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** For moments that are microseconds away, in tests with many rounds. */
    static void spinUntil(BooleanSupplier happened) {
        long start = System.nanoTime();
        while (!happened.getAsBoolean()) {
            if (System.nanoTime() - start > SECONDS.toNanos(LIMIT_SECONDS)) {
                throw new AssertionError("did not happen in time");
            }
            Thread.yield();
        }
    }

    static <T extends @Nullable Object> CompletableFuture<T> done(T value) {
        return CompletableFuture.completedFuture(value);
    }

    /** A running task and its thread. */
    static final class Started<T extends @Nullable Object> extends FutureTask<T> {
        final Thread thread;

        Started(Callable<T> task) {
            super(task);
            thread = new Thread(this, "test-task");
            thread.setDaemon(true);
            thread.start();
        }
    }
}
