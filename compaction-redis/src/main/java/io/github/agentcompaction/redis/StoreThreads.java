package io.github.agentcompaction.redis;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The daemon threads of the Redis stores: those that results are delivered on, and those that connect. */
final class StoreThreads {

    private static final int IDLE_SECONDS = 10;

    private static final int CONNECTING = 4;

    private static final AtomicLong CREATED = new AtomicLong();

    /** No queue: what hangs on a result may block, and must not hold up the next one. */
    private static final ThreadPoolExecutor DELIVERY = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory("result"));

    private StoreThreads() {}

    /**
     * Runs what runs code of the store's users, which must never be on a thread of Lettuce; only if there is no other thread to
     * be had it is this one, since late is better than never.
     */
    static void deliver(Runnable delivery) {
        try {
            DELIVERY.execute(delivery);
        } catch (Throwable noThread) {
            delivery.run();
        }
    }

    /**
     * {@return new threads for what may connect} The first use of a connection factory blocks until it is connected, and
     * would wait for itself on an event loop. Apart from the delivery, and few: while Redis cannot be reached they are all
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
