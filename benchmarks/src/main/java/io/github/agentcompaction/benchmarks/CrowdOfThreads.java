package io.github.agentcompaction.benchmarks;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionTask;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/** Waiting tasks that each block a thread, and one more task that has the summary. */
final class CrowdOfThreads implements Crowd {

    private final int waiters;
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final ExecutorService pool;
    private final CyclicBarrier firstTries;
    private final SessionCompactionState state = MeteredState.ofAtMost(10_000);

    CrowdOfThreads(int waiters) {
        this.waiters = waiters;
        this.firstTries = new CyclicBarrier(waiters + 1);
        this.pool = Executors.newFixedThreadPool(waiters + 1, work -> {
            Thread thread = new Thread(work, "task-" + threads.size());
            thread.setDaemon(true);
            threads.add(thread);
            return thread;
        });
    }

    @Override
    public Span behindCompaction() throws Exception {
        Span span = new Span();
        CompactionTemplate template = CompactionTemplate.builder(state, id -> {
                    awaitParked(state::waitingCount);
                    span.begin();
                    return Optional.of("A summary.");
                })
                .build();
        run(Collections.nCopies(waiters + 1, () -> template.executeSubtask("session", new OverflowingTask(span))));
        return span;
    }

    @Override
    public Span behindFuture() throws Exception {
        Span span = new Span();
        CompletableFuture<String> summary = new CompletableFuture<>();
        List<Callable<Object>> tasks = new ArrayList<>(Collections.nCopies(waiters, () -> {
            firstTries.await();
            String joined = summary.join();
            span.goesOn();
            return joined;
        }));
        tasks.add(() -> {
            firstTries.await();
            awaitParked(summary::getNumberOfDependents);
            span.begin();
            boolean completed = summary.complete("A summary.");
            span.goesOn();
            return completed;
        });
        run(tasks);
        return span;
    }

    private void run(List<Callable<Object>> tasks) throws Exception {
        for (Future<Object> task : pool.invokeAll(tasks)) {
            task.get();
        }
    }

    /** Until all waiters have queued and sleep, as they do when a summary takes seconds. */
    private void awaitParked(IntSupplier waiting) {
        while (waiting.getAsInt() < waiters || !othersSleep()) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private boolean othersSleep() {
        return threads.stream()
                .filter(thread -> thread != Thread.currentThread())
                .map(Thread::getState)
                .allMatch(state -> state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING);
    }

    /** Overflows in its first try, which ends together with those of all others. */
    private final class OverflowingTask implements SessionTask<Object, Exception> {

        private final Span span;
        private boolean again;

        OverflowingTask(Span span) {
            this.span = span;
        }

        @Override
        public Object call() throws InterruptedException, BrokenBarrierException {
            if (again) {
                span.goesOn();
                return "An answer.";
            }
            again = true;
            firstTries.await();
            throw new IllegalStateException(TOO_LONG);
        }
    }
}
