package io.github.agentcompaction.benchmarks.sidebyside;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/** Runs a thread for each task, all ready before the first begins. */
final class Tasks {

    private Tasks() {}

    static void run(Scenario scenario, Timing timing, Ledger ledger, IntConsumer task) throws InterruptedException {
        run(scenario, timing, ledger, () -> {}, task);
    }

    /** @param ready is run when all threads are ready, and returns when they shall begin */
    static void run(Scenario scenario, Timing timing, Ledger ledger, Runnable ready, IntConsumer task)
            throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(scenario.tasks());
        CountDownLatch allReady = new CountDownLatch(scenario.tasks());
        CountDownLatch go = new CountDownLatch(1);
        for (int i = 0; i < scenario.tasks(); i++) {
            int number = i;
            threads.execute(() -> {
                try {
                    allReady.countDown();
                    go.await();
                    Pause.millis(scenario.delayOf(number, timing));
                    task.accept(number);
                } catch (Throwable e) {
                    ledger.failed(e);
                }
            });
        }
        allReady.await();
        ready.run();
        go.countDown();
        threads.shutdown();
        if (!threads.awaitTermination(5, TimeUnit.MINUTES)) {
            throw new IllegalStateException("The tasks did not end within five minutes");
        }
    }
}
