package io.github.agentcompaction.benchmarks;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Waiting tasks that block no thread: their second try is a callback on one of a pool that has no bound. */
final class CrowdOfFutures implements Crowd {

    private final int waiters;
    private final SessionCompactionState state = MeteredState.ofAtMost(10_000);
    private final ExecutorService pool = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    });

    CrowdOfFutures(int waiters) {
        this.waiters = waiters;
    }

    @Override
    public Span behindCompaction() {
        Span span = new Span();
        CompactionTemplate template = CompactionTemplate.builder(state, id -> {
                    while (state.waitingCount() < waiters) {
                        LockSupport.parkNanos(POLL_NANOS);
                    }
                    span.begin();
                    return Optional.of("A summary.");
                })
                .build();
        Stream<CompletableFuture<?>> tasks =
                Stream.generate(() -> template.executeSubtaskAsync("session", new OverflowingTask(span)));
        allOf(tasks.limit(waiters + 1)).join();
        return span;
    }

    @Override
    public Span behindFuture() {
        Span span = new Span();
        CompletableFuture<String> summary = new CompletableFuture<>();
        Stream<CompletableFuture<?>> tasks = Stream.generate(() -> summary.thenRunAsync(span::goesOn, pool));
        CompletableFuture<Void> all = allOf(tasks.limit(waiters));
        pool.execute(() -> {
            span.begin();
            summary.complete("A summary.");
        });
        all.join();
        return span;
    }

    private static CompletableFuture<Void> allOf(Stream<CompletableFuture<?>> tasks) {
        return CompletableFuture.allOf(tasks.toArray(CompletableFuture<?>[]::new));
    }

    /** Overflows in its first try. */
    private static final class OverflowingTask implements Supplier<CompletionStage<String>> {

        private final Span span;
        private boolean again;

        OverflowingTask(Span span) {
            this.span = span;
        }

        @Override
        public CompletionStage<String> get() {
            if (again) {
                span.goesOn();
                return CompletableFuture.completedFuture("An answer.");
            }
            again = true;
            return CompletableFuture.failedFuture(new IllegalStateException(TOO_LONG));
        }
    }
}
