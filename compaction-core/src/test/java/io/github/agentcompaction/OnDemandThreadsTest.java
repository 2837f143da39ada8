package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class OnDemandThreadsTest {

    @Test
    void execute_whileAllOthersBlock_runs() {
        int blocked = 100;
        CountDownLatch allRun = new CountDownLatch(blocked);
        for (int i = 0; i < blocked; i++) {
            OnDemandThreads.execute(() -> {
                allRun.countDown();
                Tasks.await(allRun);
            });
        }

        Tasks.await(allRun);
    }

    @Test
    void execute_fromWorkThatBlocksUntilItHasRun_runs() {
        CountDownLatch done = new CountDownLatch(1);
        OnDemandThreads.execute(() -> {
            CountDownLatch inner = new CountDownLatch(1);
            OnDemandThreads.execute(inner::countDown);
            Tasks.await(inner);
            done.countDown();
        });

        Tasks.await(done);
    }

    @Test
    void execute_manySubmitters_runsEachOnce() {
        AtomicInteger runs = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(40_000);
        Tasks.getAll(Tasks.startTogether(4, () -> {
            for (int i = 0; i < 10_000; i++) {
                OnDemandThreads.execute(() -> {
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
