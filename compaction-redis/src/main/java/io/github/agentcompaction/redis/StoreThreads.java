package io.github.agentcompaction.redis;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The daemon threads of the Redis stores: those that connect, and a timer. */
final class StoreThreads {

    private static final int IDLE_SECONDS = 10;

    private static final int CONNECTING = 4;

    private static final AtomicLong CREATED = new AtomicLong();

    private static final ScheduledThreadPoolExecutor TIMER = timer();

    private StoreThreads() {}

    /** Runs what does not block, after a while. Throws if there is no thread for the timer. */
    static void schedule(Duration delay, Runnable task) {
        TIMER.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, factory("timer"));
        timer.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        return timer;
    }

    /**
     * {@return new threads for what may connect} The first use of a connection factory blocks until it is connected, and
     * would wait for itself on an event loop. Few: while Redis cannot be reached they are all
     * blocked, what queues behind them times out, and Reactor's shared threads stay free for the application.
     */
    static Scheduler connecting() {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                CONNECTING,
                CONNECTING,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                factory("connect"));
        pool.allowCoreThreadTimeOut(true);
        // Not as an ExecutorService: a timeout would interrupt the thread, and Lettuce would forget a connection half
        // made.
        return Schedulers.fromExecutor(pool::execute);
    }

    private static ThreadFactory factory(String purpose) {
        return work -> {
            Thread thread = new Thread(
                    null, work, "agent-compaction-redis-" + purpose + "-" + CREATED.incrementAndGet(), 0, false);
            thread.setDaemon(true);
            thread.setPriority(Thread.NORM_PRIORITY);
            thread.setContextClassLoader(StoreThreads.class.getClassLoader());
            return thread;
        };
    }
}
