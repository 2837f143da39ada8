package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PacedUpkeepTest {

    private final PacedUpkeep upkeep = new PacedUpkeep();

    @Test
    void execute_aTask_runsItOnTheCommonPool() {
        CountDownLatch done = new CountDownLatch(1);

        upkeep.execute(() -> {
            if (ForkJoinTask.getPool() == ForkJoinPool.commonPool()) {
                done.countDown();
            }
        });

        Tasks.await(done);
    }

    @Test
    void execute_fromATask_runsIt() {
        CountDownLatch done = new CountDownLatch(1);

        upkeep.execute(() -> upkeep.execute(done::countDown));

        Tasks.await(done);
    }

    @Test
    void execute_afterATaskThatThrew_runsIt() {
        CountDownLatch thrown = new CountDownLatch(1);
        upkeep.execute(() -> {
            thrown.countDown();
            throw new IllegalStateException("on purpose");
        });
        Tasks.await(thrown);
        CountDownLatch done = new CountDownLatch(1);

        upkeep.execute(done::countDown);

        Tasks.await(done);
    }

    @Test
    void execute_manySubmitters_runsEachOnce() {
        AtomicInteger runs = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(40_000);
        Tasks.getAll(Tasks.startTogether(4, () -> {
            for (int i = 0; i < 10_000; i++) {
                upkeep.execute(() -> {
                    runs.incrementAndGet();
                    done.countDown();
                });
            }
            return true;
        }));

        Tasks.await(done);
        assertThat(runs).hasValue(40_000);
    }
}
