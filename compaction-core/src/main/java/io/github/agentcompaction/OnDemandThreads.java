package io.github.agentcompaction;

import java.security.AccessController;
import java.security.PrivilegedAction;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The daemon threads of this library: for callbacks, for a timer, and for compactors; none ten seconds after its last use.
 *
 * <p>Callbacks have no queue, on purpose. They may block for as long as a model takes, and the common pool of a machine
 * with two cores has one thread: a single slow callback would hold up every hand-over behind it.
 */
final class OnDemandThreads {

    private static final AtomicLong CREATED = new AtomicLong();

    private static final ThreadPoolExecutor POOL = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), OnDemandThreads::newThread);

    /** One thread more, which only hands over. */
    private static final ScheduledThreadPoolExecutor TIMER = timer();

    /** The callbacks that wait for the one that this thread runs, where there is no other thread. */
    private static final ThreadLocal<Queue<Runnable>> INLINE = new ThreadLocal<>();

    private OnDemandThreads() {}

    /**
     * Runs a callback on a thread of its own, or on this one if there is none to be had: late is better than never. One
     * comes after the other then, since each may hand over to the next.
     */
    static void execute(Runnable callback) {
        if (tryExecute(callback)) {
            return;
        }
        Queue<Runnable> running = INLINE.get();
        if (running != null) {
            running.add(callback);
            return;
        }
        Queue<Runnable> callbacks = new ArrayDeque<>(List.of(callback));
        INLINE.set(callbacks);
        try {
            for (Runnable next = callbacks.poll(); next != null; next = callbacks.poll()) {
                runLikeAThread(next);
            }
        } finally {
            INLINE.remove();
        }
    }

    /** What a callback throws must not keep the others from running. */
    private static void runLikeAThread(Runnable callback) {
        try {
            callback.run();
        } catch (Throwable e) {
            Thread current = Thread.currentThread();
            current.getUncaughtExceptionHandler().uncaughtException(current, e);
        }
    }

    /**
     * Runs a callback for each of several things, as {@link #execute} does. Each thread that works on them first gets another
     * one to help, so none waits behind one that blocks, and short ones need few threads.
     */
    static <T> void executeAll(Collection<T> things, Consumer<T> callback) {
        if (!things.isEmpty()) {
            Queue<T> queue = new ConcurrentLinkedQueue<>(things);
            execute(() -> workOff(queue, callback));
        }
    }

    private static <T> void workOff(Queue<T> queue, Consumer<T> callback) {
        T thing = queue.poll();
        if (!queue.isEmpty()) {
            tryExecute(() -> workOff(queue, callback));
        }
        for (; thing != null; thing = queue.poll()) {
            callback.accept(thing);
        }
    }

    private static boolean tryExecute(Runnable callback) {
        try {
            POOL.execute(callback);
            return true;
        } catch (Throwable noThread) {
            return false;
        }
    }

    /** Runs what never blocks, such as {@link #execute}, after a while. Throws if there is no thread for the timer. */
    static Future<?> schedule(Duration delay, Runnable task) {
        return TIMER.schedule(task, Durations.toNanos(delay), TimeUnit.NANOSECONDS);
    }

    /** {@return an executor of so many threads at most, with a queue; they end like the others} */
    static Executor bounded(int threads) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads, threads, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), OnDemandThreads::newThread);
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, OnDemandThreads::newThread);
        timer.setKeepAliveTime(10, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        timer.setRemoveOnCancelPolicy(true); // else a timeout of minutes would keep what it was for
        return timer;
    }

    /**
     * Makes a thread that keeps nothing of the application that happens to be calling: no thread-locals, no priority, no
     * class loader, and, which only a privileged call prevents before Java 24, no access control context with its classes.
     */
    @SuppressWarnings("removal")
    private static Thread newThread(Runnable work) {
        return AccessController.doPrivileged((PrivilegedAction<Thread>) () -> {
            Thread thread = new Thread(null, work, "agent-compaction-" + CREATED.incrementAndGet(), 0, false);
            thread.setDaemon(true);
            thread.setPriority(Thread.NORM_PRIORITY);
            thread.setContextClassLoader(OnDemandThreads.class.getClassLoader());
            return thread;
        });
    }
}
