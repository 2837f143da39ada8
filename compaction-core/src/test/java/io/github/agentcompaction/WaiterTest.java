package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WaiterTest extends StateTest {

    private final SessionCompactionState state = newState().build();
    private final QueuedLock lock = state.lockOf("s");

    @Test
    void giveUp_afterTheTurnHasCome_returnsIt() {
        Waiter<Turn> waiter = new Waiter<>(true, 0, null, Seen.NOTHING);
        HeldLease lease = (HeldLease) lock.tryAcquire().orElseThrow();
        waiter.take(lease);

        assertThat(waiter.giveUp(new TimeoutException())).isSameAs(lease);
        assertThat(lock.isLocked()).isTrue();
        lease.close();
    }

    @Test
    void take_afterTheCallerHasGivenUp_closesTheLease() {
        Waiter<Turn> waiter = new Waiter<>(true, 0, null, Seen.NOTHING);
        HeldLease lease = (HeldLease) lock.tryAcquire().orElseThrow();

        assertThat(waiter.giveUp(new TimeoutException())).isNull();
        waiter.take(lease);

        await().until(() -> !lock.isLocked());
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

    /** A worker that waits must not run such a task in the meantime: it would wait for itself. */
    @Test
    void acquire_workerWithTasksOfItsOwn_runsNoneOfThemWhileItWaits() throws Exception {
        ForkJoinPool pool = new ForkJoinPool(4);
        try {
            SessionLock.Lease first = lock.acquire();
            List<CompletableFuture<Boolean>> subtasks = new CopyOnWriteArrayList<>();
            CompletableFuture<Thread> worker = new CompletableFuture<>();
            var root = pool.submit(() -> {
                for (int i = 0; i < 50; i++) {
                    subtasks.add(CompletableFuture.supplyAsync(this::takeAndClose, pool));
                }
                worker.complete(Thread.currentThread());
                return takeAndClose();
            });
            Thread waiting = Tasks.get(worker);
            // Not all threads of the pool: it does not always have all of them at work.
            await().until(() -> state.waitingCount() >= 2 && isWaiting(waiting));

            first.close();

            assertThat(root.get(Tasks.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(Tasks.getAll(subtasks)).hasSize(50).containsOnly(true);
        } finally {
            pool.shutdownNow();
        }
    }

    private static boolean isWaiting(Thread thread) {
        Thread.State now = thread.getState();
        return now == Thread.State.WAITING || now == Thread.State.TIMED_WAITING;
    }

    private boolean takeAndClose() {
        try (SessionLock.Lease lease = lock.acquire()) {
            return true;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** All have given up and are about to leave; none must get the lease from inside the close of the one before. */
    @Test
    void close_manyWaitersThatHaveJustGivenUp_doesNotOverflowTheStack() throws InterruptedException {
        SessionLock.Lease first = lock.acquire();
        for (int i = 0; i < rounds(100_000); i++) {
            Waiter<Turn> waiter = new Waiter<>(true, 0, null, Seen.NOTHING);
            lock.takeOrQueue(waiter);
            waiter.giveUp(new TimeoutException());
        }

        first.close();

        assertThat(lock.isLocked()).isFalse();
        soon(() -> assertThat(state.waitingCount()).isZero());
    }

    /** Each gives up when its turn has come and it has not been told yet: while the clock is read for the listeners. */
    @Test
    void close_manyWaitersThatGiveUpOneAfterTheOther_doesNotOverflowTheStack() throws InterruptedException {
        Queue<Waiter<Turn>> waiters = new ConcurrentLinkedQueue<>();
        Ticker givingUp = () -> {
            boolean telling = StackWalker.getInstance()
                    .walk(frames ->
                            frames.anyMatch(frame -> frame.getMethodName().equals("tellTurn")));
            if (telling) {
                Objects.requireNonNull(waiters.poll()).giveUp(new TimeoutException());
            }
            return 0;
        };
        QueuedLock queued = newState()
                .ticker(givingUp)
                .listener(new RecordingListener())
                .build()
                .lockOf("s");
        SessionLock.Lease first = queued.acquire();
        for (int i = 0; i < rounds(10_000); i++) {
            Waiter<Turn> waiter = new Waiter<>(true, 0, null, Seen.NOTHING);
            waiters.add(waiter);
            queued.takeOrQueue(waiter);
        }

        first.close();

        await().atMost(Duration.ofSeconds(Tasks.LIMIT_SECONDS)).until(() -> !queued.isLocked() && waiters.isEmpty());
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
