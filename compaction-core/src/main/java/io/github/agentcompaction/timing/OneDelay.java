package io.github.agentcompaction.timing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;

/**
 * Runs tasks after one and the same delay, unless they are cancelled, as most are. To set a timer for each task would wake the
 * timer's thread each time; here there is one for all, set at most once in a delay, and only while a task waits.
 *
 * <p><b>Thread safety.</b> Thread-safe.
 */
public final class OneDelay {

    private final long nanos;
    private final BiConsumer<Duration, Runnable> timer;

    private final ReentrantLock mutex = new ReentrantLock();

    /** In the order in which they are due. Guarded by the mutex, as the next one is. */
    private final Set<Waiting> waiting = new LinkedHashSet<>();

    private boolean set;

    /**
     * Begins without a task.
     *
     * @param delay after so long tasks run
     * @param timer runs something after a while, on a thread of its own; may throw if there is none
     */
    public OneDelay(Duration delay, BiConsumer<Duration, Runnable> timer) {
        this.nanos = TimeUnit.NANOSECONDS.convert(delay);
        this.timer = timer;
    }

    /**
     * Runs a task after the delay, on the thread of the timer.
     *
     * @param task must not block, nor throw
     * @return cancels the task
     */
    public Runnable run(Runnable task) {
        mutex.lock();
        try {
            if (!set) {
                set(nanos);
            }
            Waiting added = new Waiting(System.nanoTime() + nanos, task);
            waiting.add(added);
            return () -> cancel(added);
        } finally {
            mutex.unlock();
        }
    }

    /** To be called under the mutex. */
    private void set(long inNanos) {
        timer.accept(Duration.ofNanos(inNanos), this::look);
        set = true;
    }

    private void cancel(Waiting task) {
        mutex.lock();
        try {
            waiting.remove(task);
        } finally {
            mutex.unlock();
        }
    }

    private void look() {
        takeDue().forEach(next -> next.task.run());
    }

    private List<Waiting> takeDue() {
        List<Waiting> due = new ArrayList<>();
        mutex.lock();
        try {
            set = false;
            long now = System.nanoTime();
            for (Iterator<Waiting> all = waiting.iterator(); all.hasNext(); ) {
                Waiting next = all.next();
                if (next.due - now > 0) {
                    set(next.due - now);
                    break;
                }
                all.remove();
                due.add(next);
            }
        } catch (Throwable noThread) {
            // The next task sets it.
        } finally {
            mutex.unlock();
        }
        return due;
    }

    /** Not a record: two tasks at the same time are two. */
    private static final class Waiting {

        final long due;
        final Runnable task;

        Waiting(long due, Runnable task) {
            this.due = due;
            this.task = task;
        }
    }
}
