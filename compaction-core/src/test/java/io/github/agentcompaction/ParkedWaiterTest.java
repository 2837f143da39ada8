package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.lang.Thread.State;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Exchanger;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ParkedWaiterTest {

    private final SessionCompactionState state =
            SessionCompactionState.builder().build();
    private final QueuedLock lock = (QueuedLock) state.getLock("s");
    private final HeldLease lease = new HeldLease(lock);

    @Test
    void await_toldToBeReadyTooEarly_parksAgain() throws InterruptedException {
        Waiting waiting = Waiting.on(lock);
        awaitParked(waiting);
        long asleep = cpuTime(waiting);

        waiting.waiter.beReady();

        await().until(() -> cpuTime(waiting) > asleep); // or the state may be the one of before
        awaitParked(waiting);
        assertThat(cpuTime(waiting) - asleep).isLessThan(TimeUnit.MILLISECONDS.toNanos(5));
        waiting.waiter.grant(lease);
        assertThat(Tasks.get(waiting.task)).contains(lease);
    }

    @Test
    void await_toldToBeReadyAndGranted_returns() throws InterruptedException {
        for (int round = 0; round < 2_000; round++) {
            Waiting waiting = Waiting.on(lock);

            waiting.waiter.beReady();
            for (int steps = round % 50; steps > 0; steps--) {
                Thread.onSpinWait();
            }
            waiting.waiter.grant(lease);

            assertThat(Tasks.get(waiting.task)).contains(lease);
        }
    }

    @Test
    void await_toldToBeReadyAndInterrupted_throws() throws InterruptedException {
        Waiting waiting = Waiting.on(lock);

        waiting.waiter.beReady();
        waiting.task.thread.interrupt();

        assertThat(Tasks.failure(waiting.task)).isInstanceOf(InterruptedException.class);
    }

    @Test
    void awaitDecided_interrupted_waitsOnAndKeepsTheInterrupt() throws InterruptedException {
        Exchanger<ParkedWaiter> made = new Exchanger<>();
        Tasks.Started<List<Object>> task = Tasks.startThread(() -> {
            ParkedWaiter waiter = new ParkedWaiter(lock, 0, ParkedWaiter.FOREVER);
            made.exchange(waiter);
            return List.of(waiter.awaitDecided(), Thread.interrupted());
        });
        ParkedWaiter waiter = made.exchange(null);
        await().until(() -> task.thread.getState() == State.WAITING);

        task.thread.interrupt();
        waiter.grant(lease);

        assertThat(Tasks.get(task)).containsExactly(lease, true);
    }

    /** The holder may need the very worker that waits for it. */
    @Test
    void acquire_onTheOnlyWorkerOfAPool_letsAnotherRunInItsPlace() throws Exception {
        ForkJoinPool pool = new ForkJoinPool(1);
        try {
            SessionLock.Lease first = lock.acquire();
            var waiter = pool.submit(() -> lock.acquire());
            await().until(() -> state.waitingCount() == 1);

            pool.submit(first::close);

            waiter.get(Tasks.LIMIT_SECONDS, TimeUnit.SECONDS).close();
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void acquire_inAPoolThatCannotGrow_waitsAllTheSame() throws Exception {
        ForkJoinPool full = new ForkJoinPool(
                1, ForkJoinPool.defaultForkJoinWorkerThreadFactory, null, false, 1, 1, 1, null, 1, TimeUnit.MINUTES);
        try {
            SessionLock.Lease first = lock.acquire();
            var waiter = full.submit(() -> lock.acquire());
            await().until(() -> state.waitingCount() == 1 || waiter.isDone());

            first.close();

            waiter.get(Tasks.LIMIT_SECONDS, TimeUnit.SECONDS).close();
            assertThat(state.waitingCount()).isZero();
            assertThat(lock.isLocked()).isFalse();
        } finally {
            full.shutdownNow();
        }
    }

    /** What a pool may throw of its own, or the JVM. */
    @Test
    void await_failsInWhateverWay_leavesTheQueue() throws InterruptedException {
        SessionLock.Lease first = lock.acquire();
        Error failure = new OutOfMemoryError("on purpose");
        ParkedWaiter waiter = new ParkedWaiter(lock, 0, ParkedWaiter.FOREVER) {
            @Override
            public boolean block() {
                throw failure;
            }
        };

        assertThatThrownBy(() -> lock.await(waiter)).isSameAs(failure);

        assertThat(state.waitingCount()).isZero();
        first.close();
        assertThat(lock.isLocked()).isFalse();
    }

    private static void awaitParked(Waiting waiting) {
        await().until(() -> waiting.task.thread.getState() == State.WAITING);
    }

    private static long cpuTime(Waiting waiting) {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(waiting.task.thread.getId());
    }

    /** A thread in {@link ParkedWaiter#await()}. */
    private record Waiting(ParkedWaiter waiter, Tasks.Started<Optional<HeldLease>> task) {

        static Waiting on(QueuedLock lock) throws InterruptedException {
            Exchanger<ParkedWaiter> made = new Exchanger<>();
            Tasks.Started<Optional<HeldLease>> task = Tasks.startThread(() -> {
                ParkedWaiter waiter = new ParkedWaiter(lock, 0, ParkedWaiter.FOREVER);
                made.exchange(waiter);
                return Optional.ofNullable(waiter.await());
            });
            return new Waiting(made.exchange(null), task);
        }
    }
}
