package io.github.agentcompaction;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs tasks on the common pool, but makes them wait until a millisecond has passed since the first of them came.
 *
 * <p>A cache that is asked all the time wants upkeep every few reads. Then the pool's thread never rests, and it and the asking
 * thread take the entries out of each other's processor caches.
 */
final class PacedUpkeep implements Executor {

    /** For the caches of all states, so that their tasks share the timer. */
    static final Executor SHARED = new PacedUpkeep();

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean due = new AtomicBoolean();

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (due.compareAndSet(false, true)) {
            try {
                OnDemandThreads.executeInMillis(1, this::handOver);
            } catch (Throwable noThread) {
                handOver();
            }
        }
    }

    private void handOver() {
        due.set(false); // first: a task that comes too late to be seen below begins a new millisecond
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            try {
                ForkJoinPool.commonPool().execute(task);
            } catch (Throwable noThread) {
                task.run();
            }
        }
    }
}
