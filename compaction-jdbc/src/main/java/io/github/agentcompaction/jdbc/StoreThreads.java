package io.github.agentcompaction.jdbc;

import io.github.agentcompaction.timing.OneDelay;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.QueryTimeoutException;

/**
 * The few daemon threads on which a store waits for its database, and a timer. Each holds one connection at most and waits for no second
 * one, so a small pool of connections is never used up. Idle threads end. Thread-safe.
 */
final class StoreThreads implements AutoCloseable {

    private static final int MAX = 3;

    private final AtomicInteger created = new AtomicInteger();

    /** What the database failed with when it was last heard of; null if that was an answer. */
    private volatile @Nullable String lastFailure;

    private final Duration limit;
    private final ThreadPoolExecutor pool =
            new ThreadPoolExecutor(MAX, MAX, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), this::newThread);
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, this::newThread);
    private final OneDelay limits;

    /** @param limit after so long a stage fails, whatever the database does */
    StoreThreads(Duration limit) {
        this.limit = limit;
        pool.allowCoreThreadTimeOut(true);
        timer.setKeepAliveTime(10, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        limits = new OneDelay(limit, (delay, look) -> timer.schedule(look, delay.toNanos(), TimeUnit.NANOSECONDS));
    }

    /**
     * Runs work on a thread of the store.
     *
     * @param late is given, on that thread, a result that came after the stage had failed
     * @return the result; it fails when the work does, or takes too long, or waits too long for a thread
     */
    <T extends @Nullable Object> CompletionStage<T> submit(Supplier<T> work, Consumer<T> late) {
        CompletableFuture<T> stage = new CompletableFuture<>();
        try {
            Runnable inTime = limits.run(() -> stage.completeExceptionally(tooLate()));
            pool.execute(() -> {
                if (!stage.isDone()) { // else nobody waits for it any more
                    run(work, stage, inTime, late);
                }
            });
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(new IllegalStateException("The JDBC store is closed", e));
        }
        return stage;
    }

    private <T extends @Nullable Object> void run(
            Supplier<T> work, CompletableFuture<T> stage, Runnable inTime, Consumer<T> late) {
        T result;
        try {
            result = work.get();
        } catch (Throwable e) {
            lastFailure = Failures.named(e);
            inTime.run();
            stage.completeExceptionally(e);
            return;
        }
        lastFailure = null;
        inTime.run();
        if (!stage.complete(result)) {
            late.accept(result);
        }
    }

    /** A pool may know for long that the database refuses connections, and tell it after this store's limit only. */
    private Throwable tooLate() {
        String failure = lastFailure;
        return new QueryTimeoutException("The database of the JDBC store has not answered for " + limit
                + "; what came of the statement is not known"
                + (failure == null ? "" : ". Before, it failed with " + failure));
    }

    /** Makes a thread that belongs to the store, not to the caller: none of its thread-locals, nor its class loader. */
    Thread newThread(Runnable work) {
        Thread thread = new Thread(null, work, "compaction-jdbc-" + created.incrementAndGet(), 0, false);
        thread.setDaemon(true);
        thread.setPriority(Thread.NORM_PRIORITY);
        thread.setContextClassLoader(StoreThreads.class.getClassLoader());
        return thread;
    }

    /** Lets what has begun end. */
    @Override
    public void close() {
        pool.shutdown();
        try {
            pool.awaitTermination(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        timer.shutdownNow(); // last: until then it ends what takes too long
    }
}
