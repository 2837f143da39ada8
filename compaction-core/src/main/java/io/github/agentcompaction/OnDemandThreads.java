package io.github.agentcompaction;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The daemon threads that call users back: as many as run at once, none while nothing runs.
 *
 * <p>There is no queue, on purpose. Callbacks may block for as long as a model takes, and the common pool of a machine
 * with two cores has one thread: a single slow callback would hold up every hand-over behind it.
 */
final class OnDemandThreads {

    private static final AtomicLong CREATED = new AtomicLong();

    private static final ThreadPoolExecutor POOL = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), OnDemandThreads::newThread);

    /** One thread more, which only hands over. Like the others it ends ten seconds after the last task. */
    private static final ScheduledThreadPoolExecutor TIMER = timer();

    /** The same threads, for those who want an {@link Executor}. */
    static final Executor EXECUTOR = OnDemandThreads::execute;

    private OnDemandThreads() {}

    static void execute(Runnable callback) {
        POOL.execute(callback);
    }

    /** Executes what never blocks, such as handing a task to an executor, after a while. */
    static void executeInMillis(long millis, Runnable task) {
        TIMER.schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, OnDemandThreads::newThread);
        timer.setKeepAliveTime(10, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        return timer;
    }

    private static Thread newThread(Runnable work) {
        Thread thread = new Thread(null, work, "agent-compaction-" + CREATED.incrementAndGet(), 0, false);
        thread.setDaemon(true);
        // Otherwise the thread would keep whatever application happened to be calling.
        thread.setContextClassLoader(OnDemandThreads.class.getClassLoader());
        return thread;
    }
}
