package io.github.agentcompaction;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.SessionLock.Lease;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class QueuedLockTest extends StateTest {

    private final RecordingListener listener = new RecordingListener();
    private final FakeTicker ticker = new FakeTicker();
    private final SessionCompactionState state =
            newState().agent("planner").ticker(ticker).listener(listener).build();
    private final SessionLock lock = state.getLock("s");

    @Test
    void acquire_free_locks() throws InterruptedException {
        try (Lease lease = lock.acquire()) {
            assertThat(lock.isLocked()).isTrue();
            assertThat(lock.tryAcquire()).isEmpty();
        }

        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    void acquire_sameThreadAgain_isNotReentrant() throws InterruptedException {
        try (Lease lease = lock.acquire()) {
            assertThat(lock.tryAcquire(Duration.ofMillis(1))).isEmpty();
        }
    }

    @Test
    void close_byAnotherThread_frees() throws InterruptedException {
        Lease lease = lock.acquire();

        Tasks.get(Tasks.start(() -> {
            lease.close();
            return true;
        }));

        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    void close_ofStaleLease_leavesTheNextHolderAlone() throws InterruptedException {
        Lease stale = lock.acquire();
        stale.close();
        Lease current = lock.acquire();

        stale.close();

        assertThat(lock.isLocked()).isTrue();
        current.close();
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    void close_ofStaleLeaseWithWaiters_handsNothingOver() throws InterruptedException {
        Lease stale = lock.acquire();
        CompletableFuture<Lease> second = lock.acquireAsync();
        CompletableFuture<Lease> third = lock.acquireAsync();
        stale.close();
        Lease held = Tasks.get(second);

        stale.close();

        assertThat(third).isNotDone();
        held.close();
        Tasks.get(third).close();
    }

    @Test
    void acquire_manyWaiters_firstInFirstOut() throws InterruptedException {
        List<Integer> order = new CopyOnWriteArrayList<>();
        List<Future<Boolean>> waiters = new ArrayList<>();
        Lease first = lock.acquire();
        for (int i = 0; i < 20; i++) {
            int number = i;
            if (i % 2 == 0) {
                waiters.add(Tasks.start(() -> {
                    try (Lease lease = lock.acquire()) {
                        return order.add(number);
                    }
                }));
            } else {
                waiters.add(lock.acquireAsync().thenApply(lease -> {
                    order.add(number);
                    lease.close();
                    return true;
                }));
            }
            awaitWaiting(i + 1);
        }

        first.close();
        Tasks.getAll(waiters);

        assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
    }

    @Test
    void tryAcquire_handedOverButNotYetDelivered_doesNotOvertake() throws InterruptedException {
        Lease first = lock.acquire();
        CompletableFuture<Lease> waiter = lock.acquireAsync();

        first.close();

        assertThat(lock.tryAcquire()).isEmpty();
        Tasks.get(waiter).close();
    }

    @Test
    void tryAcquire_timeoutPasses_leavesTheQueue() throws InterruptedException {
        try (Lease lease = lock.acquire()) {
            assertThat(lock.tryAcquire(Duration.ofMillis(5))).isEmpty();
            assertThat(state.waitingCount()).isZero();
        }

        assertThat(lock.isLocked()).isFalse();
        soon(() -> assertThat(listener.events("waitGivenUp")).containsExactly("waitGivenUp s PT0S TIMEOUT"));
    }

    @Test
    void tryAcquire_zeroOrNegativeTimeout_doesNotWait() throws InterruptedException {
        try (Lease lease = lock.acquire()) {
            assertThat(lock.tryAcquire(Duration.ZERO)).isEmpty();
            assertThat(lock.tryAcquire(Duration.ofSeconds(Long.MIN_VALUE))).isEmpty();
        }

        assertThat(listener.events("waitGivenUp")).isEmpty();
    }

    @Test
    void tryAcquire_longestTimeout_waits() throws InterruptedException {
        Lease first = lock.acquire();
        Future<Optional<Lease>> waiter = Tasks.start(() -> lock.tryAcquire(Duration.ofSeconds(Long.MAX_VALUE)));
        awaitWaiting(1);

        first.close();

        Tasks.get(waiter).orElseThrow().close();
    }

    @Test
    void acquire_interruptedBefore_throwsAlsoWhenFree() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(lock::acquire).isInstanceOf(InterruptedException.class);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    void acquire_interruptedWhileWaiting_leavesTheQueue() throws InterruptedException {
        Lease first = lock.acquire();
        Tasks.Started<Lease> waiter = Tasks.startThread(lock::acquire);
        awaitWaiting(1);

        waiter.thread.interrupt();

        assertThat(Tasks.failure(waiter)).isInstanceOf(InterruptedException.class);
        assertThat(state.waitingCount()).isZero();
        first.close();
        assertThat(lock.isLocked()).isFalse();
        soon(() -> assertThat(listener.events("waitGivenUp")).containsExactly("waitGivenUp s PT0S CANCELLED"));
    }

    @Test
    void acquireAsync_free_isDoneOnReturnOrWithTheStoresAnswer() {
        CompletableFuture<Lease> future = lock.acquireAsync();

        soon(() -> assertThat(future).isCompleted());
        future.join().close();
    }

    @Test
    void acquireAsync_cancelled_leavesTheQueue() throws InterruptedException {
        Lease first = lock.acquire();
        CompletableFuture<Lease> cancelled = lock.acquireAsync();
        CompletableFuture<Lease> next = lock.acquireAsync();

        cancelled.cancel(false);

        assertThat(state.waitingCount()).isOne();
        first.close();
        Tasks.get(next).close();
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    void acquireAsync_completedByOthersInEveryWay_leavesTheQueue() throws InterruptedException {
        Lease first = lock.acquire();
        lock.acquireAsync().complete(first);
        lock.acquireAsync().completeExceptionally(new IllegalStateException());
        lock.acquireAsync().completeAsync(() -> first, Runnable::run);
        lock.acquireAsync().orTimeout(1, MILLISECONDS);
        lock.acquireAsync().completeOnTimeout(first, 1, MILLISECONDS);

        awaitWaiting(0);
        first.close();

        assertThat(lock.isLocked()).isFalse();
        await().untilAsserted(() -> assertThat(listener.events("waitGivenUp")).hasSize(5));
        assertThat(listener.events("waitGivenUp"))
                .filteredOn(event -> event.endsWith("TIMEOUT"))
                .hasSize(1);
    }

    @Test
    void acquireAsync_derivedFutureCancelled_staysInTheQueue() throws InterruptedException {
        Lease first = lock.acquire();
        CompletableFuture<Lease> future = lock.acquireAsync();

        future.thenApply(lease -> lease).cancel(false);

        assertThat(state.waitingCount()).isOne();
        first.close();
        Tasks.get(future).close();
    }

    @Test
    void takeOrJoinAsync_heldByAnother_joinsAtOnce_andTheOthersGoOnWaiting() throws InterruptedException {
        QueuedLock queued = state.lockOf("s");
        GuardedCompactor compactor = new GuardedCompactor(
                state, session -> Optional.empty(), state.newFailureLedger(1, Duration.ofMinutes(1)));
        Lease held = lock.acquire();
        CompletableFuture<Turn> waiting = queued.acquireOrJoinAsync(compactor, Seen.now(queued));

        assertThat(Tasks.get(queued.takeOrJoinAsync(compactor, Seen.now(queued))))
                .isEqualTo(Ended.of(CompactionOutcome.JOINED));

        assertThat(state.waitingCount()).isOne();
        held.close();
        ((Lease) Tasks.get(waiting)).close();
        soon(() -> assertThat(listener.events("waitGivenUp")).isEmpty());
        Turn free = Tasks.get(queued.takeOrJoinAsync(compactor, Seen.now(queued)));
        ((Lease) free).close();
    }

    @Test
    void compacted_waiterIsJustGivingUp_isToldThatItGaveUp() throws Exception {
        QueuedLock queued = state.lockOf("s");
        GuardedCompactor compactor = new GuardedCompactor(
                state, session -> Optional.empty(), state.newFailureLedger(1, Duration.ofMinutes(1)));
        Lease held = lock.acquire();
        CompletableFuture<Turn> waiting = queued.acquireOrJoinAsync(compactor, Seen.now(queued));
        CountDownLatch givingUp = new CountDownLatch(1);
        CountDownLatch compacted = new CountDownLatch(1);
        waiting.whenComplete((turn, failure) -> {
            givingUp.countDown(); // and it has not left the queue yet
            Tasks.await(compacted);
        });
        Future<Boolean> cancelled = Tasks.start(() -> waiting.cancel(false));
        givingUp.await();

        held.compacted();
        held.close();
        compacted.countDown();

        assertThat(Tasks.get(cancelled)).isTrue();
        soon(() -> assertThat(listener.events("waitGivenUp")).containsExactly("waitGivenUp s PT0S CANCELLED"));
    }

    @Test
    void close_onlyAWaiterThatIsJustGivingUp_keepsNoLockInMemory() throws Exception {
        WeakReference<SessionLock> left = closedWhileItsWaiterGivesUp();
        ticker.advance(state.ttl());
        assertThat(state.lockCount()).isZero();

        Garbage.collectUntil(() -> left.refersTo(null));
        assertThat(state.waitingCount()).isZero();
    }

    private WeakReference<SessionLock> closedWhileItsWaiterGivesUp() throws Exception {
        SessionLock dropped = state.getLock("dropped");
        Lease held = dropped.acquire();
        CompletableFuture<Lease> waiting = dropped.acquireAsync();
        CountDownLatch givingUp = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        waiting.whenComplete((turn, failure) -> {
            givingUp.countDown(); // and it has not left the queue yet
            Tasks.await(closed);
        });
        Future<Boolean> cancelled = Tasks.start(() -> waiting.cancel(false));
        givingUp.await();
        held.close();
        closed.countDown();
        Tasks.get(cancelled);
        return new WeakReference<>(dropped);
    }

    @Test
    void tryAcquire_rightAfterClose_getsTheLease() throws InterruptedException {
        for (int round = 0; round < 20; round++) {
            lock.acquire().close();

            lock.tryAcquire().orElseThrow().close();
            lock.tryAcquire(Duration.ZERO).orElseThrow().close();
        }
        assertThat(listener.events("lockAcquired")).isEmpty();
    }

    @Test
    void tryAcquire_rightAfterAnotherGaveUp_getsTheLease() throws InterruptedException {
        for (int round = 0; round < 20; round++) {
            Lease first = lock.acquire();
            CompletableFuture<Lease> quitter = lock.acquireAsync();
            first.close();
            if (!quitter.cancel(false)) {
                Tasks.get(quitter).close();
            }

            // the lease may have come too late for the quitter, which is about to give it back
            Tasks.spinUntil(() -> {
                Optional<Lease> lease = lock.tryAcquire();
                lease.ifPresent(Lease::close);
                return lease.isPresent();
            });
        }
    }

    @Test
    void cancel_whileTheLeaseIsBeingClosed_keepsNoLockInMemory() throws InterruptedException {
        WeakReference<SessionLock> left = givenUpAfterClose();
        ticker.advance(state.ttl());
        assertThat(state.lockCount()).isZero();

        Garbage.collectUntil(() -> left.refersTo(null));
    }

    private WeakReference<SessionLock> givenUpAfterClose() throws InterruptedException {
        SessionLock dropped = state.getLock("dropped");
        for (int round = 0; round < 20; round++) {
            Lease held = dropped.acquire();
            CompletableFuture<Lease> waiting = dropped.acquireAsync();
            held.close();
            if (!waiting.cancel(false)) {
                Tasks.get(waiting).close();
            }
        }
        return new WeakReference<>(dropped);
    }

    /** Give-ups race with the grant of the very same waiter; the lease is never lost and never given twice. */
    @Test
    void close_racingWithGiveUp_leaseGoesToExactlyOne() throws Exception {
        for (int round = 0; round < rounds(2_000); round++) {
            Lease first = lock.acquire();
            CompletableFuture<Lease> quitter = lock.acquireAsync();
            CompletableFuture<Lease> next = lock.acquireAsync();
            CyclicBarrier together = new CyclicBarrier(2);
            Future<Boolean> cancelled = Tasks.start(() -> {
                together.await();
                return quitter.cancel(false);
            });
            together.await();
            first.close();
            if (!Tasks.get(cancelled)) {
                assertThat(next).isNotDone();
                Tasks.get(quitter).close();
            }
            Tasks.get(next).close();
            Tasks.spinUntil(() -> !lock.isLocked());
        }
        assertThat(state.waitingCount()).isZero();
        // in either case every waiter was told once
        soon(() -> assertThat(listener.events("lockAcquired").size()
                        + listener.events("waitGivenUp").size())
                .isEqualTo(2 * rounds(2_000)));
    }

    @Test
    void close_racingWithInterrupt_leaseGoesToExactlyOne() throws Exception {
        for (int round = 0; round < rounds(300); round++) {
            Lease first = lock.acquire();
            Tasks.Started<Boolean> quitter = Tasks.startThread(() -> {
                try (Lease lease = lock.acquire()) {
                    return true;
                } catch (InterruptedException e) {
                    return false;
                }
            });
            awaitWaiting(1);
            Future<Boolean> next = Tasks.start(() -> {
                try (Lease lease = lock.acquire()) {
                    return true;
                }
            });
            awaitWaiting(2);
            Future<Boolean> interrupter = Tasks.start(() -> {
                quitter.thread.interrupt();
                return true;
            });
            first.close();

            Tasks.get(interrupter);
            Tasks.get(quitter);
            assertThat(Tasks.get(next)).isTrue();
            assertThat(lock.isLocked()).isFalse();
        }
        soon(() -> assertThat(listener.events("lockAcquired").size()
                        + listener.events("waitGivenUp").size())
                .isEqualTo(2 * rounds(300)));
    }

    /** The clock of a lease is the user's. */
    @Test
    void close_failsBeforeItHandsOver_losesNoWaiter() throws InterruptedException {
        Thread closer = Thread.currentThread(); // the cache reads the clock on other threads
        AtomicBoolean fails = new AtomicBoolean();
        SessionCompactionState broken = newState()
                .ticker(() -> {
                    if (Thread.currentThread() == closer && fails.getAndSet(false)) {
                        throw new IllegalStateException("on purpose");
                    }
                    return 0;
                })
                .listener(listener)
                .build();
        SessionLock contended = broken.getLock("s");
        Lease first = contended.acquire();
        CompletableFuture<Lease> second = contended.acquireAsync();
        fails.set(true);

        assertThatThrownBy(first::close).hasMessage("on purpose");
        assertThat(broken.waitingCount()).isOne();
        first.close();

        Tasks.get(second).close();
    }

    /**
     * Aims at the moment in which the time is up: the lease came, or it did not, but it never got lost on the way. The aim
     * follows the last outcome, so it finds that moment on any machine.
     */
    @Test
    void close_racingWithTimeout_leaseGoesToExactlyOne() throws Exception {
        Duration timeout = isShared() ? Duration.ofMillis(100) : Duration.ofNanos(300_000);
        long step = isShared() ? 10_000_000 : 2_000;
        int rounds = isShared() ? 30 : 3_000;
        AtomicLong began = new AtomicLong();
        AtomicBoolean granted = new AtomicBoolean();
        CyclicBarrier round = new CyclicBarrier(2);
        Future<Void> quitter = Tasks.start(() -> {
            for (int i = 0; i < rounds; i++) {
                round.await();
                began.set(System.nanoTime());
                Optional<Lease> lease = lock.tryAcquire(timeout);
                granted.set(lease.isPresent());
                lease.ifPresent(Lease::close);
                round.await();
            }
            return null;
        });
        long aim = timeout.toNanos();
        int grants = 0;
        for (int i = 0; i < rounds; i++) {
            Lease first = lock.acquire();
            began.set(0);
            round.await();
            Tasks.spinUntil(() -> began.get() != 0);
            while (System.nanoTime() < began.get() + aim) {
                Thread.onSpinWait();
            }
            first.close();
            round.await();
            Tasks.spinUntil(() -> !lock.isLocked()); // a lease that came too late is given back by another thread
            grants += granted.get() ? 1 : 0;
            aim += granted.get() ? step : -step;
        }

        Tasks.get(quitter);
        assertThat(grants).isBetween(1, rounds - 1);
    }

    @Test
    void acquireAsync_veryManyWaitersThatCloseInTheirCallback_doNotOverflowTheStack() throws Exception {
        int waiters = rounds(100_000);
        CountDownLatch done = new CountDownLatch(waiters);
        Lease first = lock.acquire();
        for (int i = 0; i < waiters; i++) {
            lock.acquireAsync().thenAccept(lease -> {
                lease.close();
                done.countDown();
            });
        }

        first.close();

        Tasks.await(done);
        assertThat(lock.isLocked()).isFalse();
    }

    /** More such callbacks than a pool would have threads; each goes on working until all have had their lease. */
    @Test
    void close_inCallbackThatWorksOn_doesNotHoldUpTheNextWaiters() throws Exception {
        int waiters = 40;
        CountDownLatch allHadIt = new CountDownLatch(waiters);
        List<CompletableFuture<Void>> callbacks = new ArrayList<>();
        Lease first = lock.acquire();
        for (int i = 0; i < waiters; i++) {
            callbacks.add(lock.acquireAsync().thenAccept(lease -> {
                lease.close();
                allHadIt.countDown();
                Tasks.await(allHadIt);
            }));
        }

        first.close();

        Tasks.getAll(callbacks);
    }

    @Test
    void close_callbackOfTheNextWaiterBlocks_returnsAtOnce() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        Lease first = lock.acquire();
        CompletableFuture<Void> callback = lock.acquireAsync().thenAccept(lease -> {
            Tasks.await(closed);
            lease.close();
        });

        first.close();
        closed.countDown();

        Tasks.get(callback);
    }

    @Test
    void compacted_once_movesTheEpochByOne() throws InterruptedException {
        long before = lock.epoch();

        try (Lease lease = lock.acquire()) {
            lease.compacted();
            lease.compacted();
            assertThat(lock.epoch()).isEqualTo(before + 1);
        }

        assertThat(lock.epoch()).isEqualTo(before + 1);
    }

    @Test
    void compacted_byOneHolderAfterTheOther_countsForEach() throws InterruptedException {
        long before = lock.epoch();
        Lease first = lock.acquire();
        CompletableFuture<Lease> second = lock.acquireAsync();
        first.compacted();
        first.close();
        try (Lease lease = Tasks.get(second)) {
            assertThat(lock.epoch()).isEqualTo(before + 1);
            lease.compacted();
        }

        assertThat(lock.epoch()).isEqualTo(before + 2);
    }

    @Test
    void compacted_afterClose_changesNothing() throws InterruptedException {
        long before = lock.epoch();
        Lease lease = lock.acquire();
        lease.close();

        lease.compacted();

        assertThat(lock.epoch()).isEqualTo(before);
    }

    @Test
    void compacted_racingWithClose_isSeenByTheNextHolderOrNotAtAll() throws Exception {
        for (int round = 0; round < rounds(2_000); round++) {
            long before = lock.epoch();
            Lease lease = lock.acquire();
            CyclicBarrier together = new CyclicBarrier(2);
            Future<Boolean> compactor = Tasks.start(() -> {
                together.await();
                lease.compacted();
                return true;
            });
            together.await();
            lease.close();
            long seen;
            try (Lease next = lock.acquire()) {
                seen = lock.epoch();
            }
            Tasks.get(compactor);
            assertThat(lock.epoch()).isEqualTo(seen).isBetween(before, before + 1);
        }
    }

    @Test
    void lockAcquired_onlyAfterAWait_tellsHowLong() throws InterruptedException {
        Lease first = lock.acquire();
        CompletableFuture<Lease> second = lock.acquireAsync();
        ticker.advance(Duration.ofSeconds(3));
        first.close();
        Lease lease = Tasks.get(second);
        ticker.advance(Duration.ofSeconds(5));
        lease.close();

        soon(() -> assertThat(listener.events)
                .containsExactlyInAnyOrder("leaseClosed s PT3S", "lockAcquired s PT3S", "leaseClosed s PT5S"));
    }

    @Test
    void leaseClosed_tickerThatWentBack_tellsNoNegativeTime() throws InterruptedException {
        Lease lease = lock.acquire();
        ticker.advance(Duration.ofSeconds(-3));
        lease.close();

        soon(() -> assertThat(listener.events).containsExactly("leaseClosed s PT0S"));
    }

    @Test
    void acquire_waitingThread_isServedBeforeATimedOutOne() throws InterruptedException {
        Lease first = lock.acquire();
        CompletableFuture<Lease> quitter = lock.acquireAsync().orTimeout(1, MILLISECONDS);
        Future<Lease> patient = Tasks.start(lock::acquire);
        assertThat(Tasks.failure(quitter)).isInstanceOf(TimeoutException.class);

        first.close();

        Tasks.get(patient).close();
    }

    @Test
    void toString_namesSessionAndAgent() throws InterruptedException {
        assertThat(lock).hasToString("session 's' of agent 'planner'");
        try (Lease lease = lock.acquire()) {
            assertThat(lease).hasToString("Lease[session 's' of agent 'planner', open]");
        }
    }

    private void awaitWaiting(int waiting) {
        Tasks.spinUntil(() -> state.waitingCount() == waiting);
    }
}
