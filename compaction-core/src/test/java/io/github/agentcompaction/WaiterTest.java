package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WaiterTest {

    private final SessionCompactionState state =
            SessionCompactionState.builder().build();
    private final QueuedLock lock = state.lockOf("s");

    @Test
    void giveUp_afterTheTurnHasCome_returnsIt() {
        Waiter<Turn> waiter = new Waiter<>(true, 0, null, 0);
        HeldLease lease = (HeldLease) lock.tryAcquire().orElseThrow();
        waiter.take(lease);

        assertThat(waiter.giveUp(new TimeoutException())).isSameAs(lease);
        assertThat(lock.isLocked()).isTrue();
    }

    @Test
    void take_afterTheCallerHasGivenUp_closesTheLease() {
        Waiter<Turn> waiter = new Waiter<>(true, 0, null, 0);
        HeldLease lease = (HeldLease) lock.tryAcquire().orElseThrow();

        assertThat(waiter.giveUp(new TimeoutException())).isNull();
        waiter.take(lease);

        assertThat(lock.isLocked()).isFalse();
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
    void acquire_failsInWhateverWay_leavesTheQueue() throws Exception {
        AtomicInteger workers = new AtomicInteger();
        ForkJoinPool broken = new ForkJoinPool(
                1,
                pool -> {
                    if (workers.incrementAndGet() > 1) {
                        throw new IllegalStateException("on purpose");
                    }
                    return ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(pool);
                },
                null,
                false);
        try {
            SessionLock.Lease first = lock.acquire();
            var waiter = broken.submit(() -> lock.acquire());

            assertThat(org.assertj.core.api.Assertions.catchThrowableOfType(
                            ExecutionException.class, () -> waiter.get(Tasks.LIMIT_SECONDS, TimeUnit.SECONDS)))
                    .hasRootCauseMessage("on purpose");

            assertThat(state.waitingCount()).isZero();
            first.close();
            assertThat(lock.isLocked()).isFalse();
        } finally {
            broken.shutdownNow();
        }
    }
}
