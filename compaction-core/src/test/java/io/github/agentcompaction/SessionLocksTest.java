package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.CompactionListener.DropReason;
import io.github.agentcompaction.SessionLock.Lease;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One live lock for each session, always; ttl and size bound the idle ones. */
@Timeout(120)
class SessionLocksTest extends StateTest {

    private static final Duration TTL = Duration.ofMinutes(10);

    private final RecordingListener listener = new RecordingListener();
    private final FakeTicker ticker = new FakeTicker();
    private final SessionCompactionState state = newState()
            .agent("planner")
            .ttl(TTL)
            .maxSize(4)
            .ticker(ticker)
            .listener(listener)
            .build();

    @Test
    void getLock_sameSession_isTheSameLock() {
        assertThat(state.getLock("s")).isSameAs(state.getLock("s"));
        assertThat(state.getLock("s")).isNotSameAs(state.getLock("t"));
    }

    @Test
    void getLock_heldBeyondTtl_isTheSameLock() throws InterruptedException {
        SessionLock lock = state.getLock("s");
        try (Lease lease = lock.acquire()) {
            expire();

            assertThat(state.getLock("s").tryAcquire()).isEmpty();
            assertThat(state.getLock("s")).isSameAs(lock);
        }
        assertThat(state.getLock("s").isLocked()).isFalse();
    }

    /** Only the lease is kept, as by a caller that chained the two calls. */
    @Test
    void getLock_heldBeyondTtlByTheLeaseAlone_isLocked() throws InterruptedException {
        Lease lease = state.getLock("s").acquire();
        expire();
        Garbage.collect();

        assertThat(state.getLock("s").isLocked()).isTrue();

        lease.close();
        assertThat(state.getLock("s").isLocked()).isFalse();
    }

    @Test
    void getLock_heldWhileOthersFillTheCache_isTheSameLock() throws InterruptedException {
        try (Lease lease = state.getLock("s").acquire()) {
            fill();
            Garbage.collect();

            assertThat(state.getLock("s").tryAcquire()).isEmpty();
        }
        assertThat(state.getLock("s").isLocked()).isFalse();
    }

    @Test
    void getLock_awaitedBeyondTtlAndSize_isTheSameLock() throws InterruptedException {
        Lease lease = state.getLock("s").acquire();
        CompletableFuture<Lease> waiter = state.getLock("s").acquireAsync();
        expire();
        fill();
        Garbage.collect();

        SessionLock lock = state.getLock("s");
        CompletableFuture<Lease> later = lock.acquireAsync();
        lease.close();

        Lease second = Tasks.get(waiter);
        assertThat(later).isNotDone();
        second.close();
        Tasks.get(later).close();
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    void getLock_merelyReferencedBeyondTtlAndSize_isTheSameLock() {
        SessionLock lock = state.getLock("s");
        expire();
        fill();
        Garbage.collect();

        assertThat(state.getLock("s")).isSameAs(lock);
    }

    @Test
    void getLock_backFromEviction_worksAsBefore() throws InterruptedException {
        SessionLock lock = state.getLock("s");
        for (int round = 0; round < 3; round++) {
            expire();
            Lease first = lock.acquire(); // evicted and free
            expire();
            CompletableFuture<Lease> waiter = lock.acquireAsync();
            assertThat(state.getLock("s")).isSameAs(lock); // back in the cache, held and awaited
            first.close();
            Lease second = Tasks.get(waiter);
            expire(); // evicted while held
            second.compacted();
            second.close();
            assertThat(lock.isLocked()).isFalse();
            assertThat(state.getLock("s")).isSameAs(lock);
            lock.acquire().close();
        }
        assertThat(state.heldCount()).isZero();
    }

    @Test
    void getLock_unreferencedAndExpired_isCollectedAndFresh() {
        WeakReference<SessionLock> old = new WeakReference<>(state.getLock("s"));
        expire();

        Garbage.collectUntil(() -> old.refersTo(null));

        assertThat(state.getLock("s")).isNotNull();
    }

    @Test
    void getLock_evictedWhileHeldAndClosedThen_isCollected() {
        WeakReference<SessionLock> old = evictedWhileHeld();

        Garbage.collectUntil(() -> old.refersTo(null));
    }

    /** In every way in which a queue becomes empty. */
    @Test
    void getLock_wasAwaited_isCollected() {
        List<WeakReference<SessionLock>> old = List.of(
                awaited(waiter -> {}),
                awaited(waiter -> waiter.cancel(false)),
                awaited(waiter -> state.getLock("s").tryAcquire()),
                awaitedForACompaction());

        Garbage.collectUntil(() -> old.stream().allMatch(lock -> lock.refersTo(null)));
    }

    private WeakReference<SessionLock> awaited(Consumer<CompletableFuture<Lease>> meanwhile) {
        SessionLock lock = state.getLock("s");
        Lease lease = lock.tryAcquire().orElseThrow();
        CompletableFuture<Lease> waiter = lock.acquireAsync();
        meanwhile.accept(waiter);
        lease.close();
        if (!waiter.isCancelled()) {
            Tasks.get(waiter).close();
        }
        expire();
        return new WeakReference<>(lock);
    }

    private WeakReference<SessionLock> awaitedForACompaction() {
        SessionLock lock = state.getLock("s");
        Lease lease = lock.tryAcquire().orElseThrow();
        CompletableFuture<CompactionOutcome> waiter = CompactionTemplate.builder(state, session -> Optional.empty())
                .build()
                .compactAsync("s", lock.epoch());
        lease.compacted();
        assertThat(Tasks.get(waiter)).isEqualTo(CompactionOutcome.JOINED);
        lease.close();
        expire();
        return new WeakReference<>(lock);
    }

    private WeakReference<SessionLock> evictedWhileHeld() {
        SessionLock lock = state.getLock("s");
        Lease lease = lock.tryAcquire().orElseThrow();
        expire();
        lease.close();
        return new WeakReference<>(lock);
    }

    @Test
    void getLock_again_restartsTheIdleTime() {
        state.getLock("s");
        ticker.advance(TTL.minusSeconds(1));
        state.getLock("s");
        ticker.advance(TTL.minusSeconds(1));
        assertThat(state.lockCount()).isOne();

        ticker.advance(Duration.ofSeconds(1));

        assertThat(state.lockCount()).isZero();
    }

    @Test
    void lockCount_neverExceedsMaxSize() {
        for (int i = 0; i < 100; i++) {
            state.getLock("s" + i);
            assertThat(state.lockCount()).isLessThanOrEqualTo(4);
        }
    }

    @Test
    void epoch_ofAFreshLock_isNoneThatAnOlderLockHasHad() {
        Set<Long> seen = new HashSet<>();
        for (int round = 0; round < 5; round++) {
            compactTwice(seen);
            WeakReference<SessionLock> old = new WeakReference<>(state.getLock("s"));
            expire();
            Garbage.collectUntil(() -> old.refersTo(null));
        }
        assertThat(seen).hasSize(15);
    }

    private void compactTwice(Set<Long> seen) {
        SessionLock lock = state.getLock("s");
        seen.add(lock.epoch());
        for (int i = 0; i < 2; i++) {
            Lease lease = lock.tryAcquire().orElseThrow();
            lease.compacted();
            lease.close();
            seen.add(lock.epoch());
        }
    }

    @Test
    void lockDropped_byTtlAndBySize_isTold() {
        state.getLock("s");
        expire();
        await().untilAsserted(() -> assertThat(listener.events).containsExactly("lockDropped s EXPIRED"));

        for (int i = 0; i < 5; i++) {
            state.getLock("t" + i);
        }
        assertThat(state.lockCount()).isEqualTo(4);
        await().untilAsserted(() -> assertThat(listener.events("lockDropped"))
                .hasSize(2)
                .last()
                .asString()
                .endsWith(" SIZE"));
    }

    @Test
    void lockDropped_isToldByTheNextCall() {
        for (int i = 0; i < 1_000; i++) {
            state.getLock("s" + i);
        }

        assertThat(state.lockCount()).isEqualTo(4);

        assertThat(listener.events("lockDropped")).hasSize(996);
    }

    @Test
    void lockDropped_listenerUsesTheState_isToldOfEach() {
        AtomicInteger told = new AtomicInteger();
        SessionCompactionState[] used = new SessionCompactionState[1];
        used[0] = newState()
                .ttl(TTL)
                .maxSize(100_000)
                .ticker(ticker)
                .listener(new CompactionListener() {
                    @Override
                    public void lockDropped(String agent, String sessionId, DropReason reason) {
                        used[0].lockCount();
                        told.incrementAndGet();
                    }
                })
                .build();
        for (int i = 0; i < 20_000; i++) {
            used[0].getLock("s" + i);
        }
        ticker.advance(TTL);

        assertThat(used[0].lockCount()).isZero();

        assertThat(told).hasValue(20_000);
    }

    /** The pool of the cache's upkeep. */
    @Test
    void lockDropped_commonPoolBlocked_isToldAndBounded() {
        CountDownLatch goOn = new CountDownLatch(1);
        for (int i = 0; i < Math.max(1, ForkJoinPool.getCommonPoolParallelism()); i++) {
            ForkJoinPool.commonPool().execute(() -> Tasks.await(goOn));
        }
        try {
            for (int i = 0; i < 100_000; i++) {
                state.getLock("s" + i);
            }
            assertThat(listener.events("lockDropped"))
                    .hasSizeGreaterThan(90_000); // but for what Caffeine's buffer holds
            assertThat(state.lockCount()).isEqualTo(4);
            assertThat(listener.events("lockDropped")).hasSize(99_996);
        } finally {
            goOn.countDown();
        }
    }

    @Test
    void heldCount_countsCachedAndEvictedLocks() throws InterruptedException {
        Lease evicted = state.getLock("s").acquire();
        expire();
        Lease cached = state.getLock("t").acquire();
        state.getLock("u");

        assertThat(state.heldCount()).isEqualTo(2);

        evicted.close();
        cached.close();
        assertThat(state.heldCount()).isZero();
    }

    @Test
    void heldSessions_tellsTheLongestHeldFirst() throws InterruptedException {
        Lease longer = state.getLock("s").acquire();
        ticker.advance(Duration.ofSeconds(2));
        Lease shorter = state.getLock("t").acquire();
        CompletableFuture<Lease> waiter = state.getLock("t").acquireAsync();
        ticker.advance(Duration.ofSeconds(1));

        assertThat(state.heldSessions())
                .extracting(SessionSnapshot::sessionId, SessionSnapshot::heldFor, SessionSnapshot::waiting)
                .containsExactly(
                        org.assertj.core.api.Assertions.tuple("s", Optional.of(Duration.ofSeconds(3)), 0),
                        org.assertj.core.api.Assertions.tuple("t", Optional.of(Duration.ofSeconds(1)), 1));
        longer.close();
        shorter.close();
        Tasks.get(waiter).close();
    }

    @Test
    void inspect_unknownSession_isEmptyAndCreatesNothing() {
        assertThat(state.inspect("s")).isEmpty();
        assertThat(state.lockCount()).isZero();
    }

    @Test
    void inspect_doesNotCountAsUse() {
        state.getLock("s");
        ticker.advance(TTL.minusSeconds(1));

        SessionSnapshot snapshot = state.inspect("s").orElseThrow();
        assertThat(snapshot.locked()).isFalse();
        assertThat(snapshot.heldFor()).isEmpty();
        assertThat(snapshot.epoch()).isPresent();
        ticker.advance(Duration.ofSeconds(1));

        assertThat(state.inspect("s")).isEmpty();
    }

    @Test
    void inspect_evictedAndHeld_isFound() throws InterruptedException {
        Lease lease = state.getLock("s").acquire();
        expire();

        assertThat(state.inspect("s")).map(SessionSnapshot::locked).contains(true);
        lease.close();
    }

    /** Nothing else has made the cache look at its clock. */
    @Test
    void inspect_heldAndJustExpired_isFound() throws InterruptedException {
        Lease lease = state.getLock("s").acquire();
        ticker.advance(TTL.plusSeconds(1));

        assertThat(state.inspect("s")).map(SessionSnapshot::locked).contains(true);
        lease.close();
    }

    @Test
    void inspect_heldInAStateWithoutListener_tellsHowLong() throws InterruptedException {
        SessionCompactionState silent = newState().ticker(ticker).build();
        try (Lease lease = silent.getLock("s").acquire()) {
            ticker.advance(Duration.ofSeconds(3));
            assertThat(silent.inspect("s")).hasValueSatisfying(snapshot -> {
                assertThat(snapshot.locked()).isTrue();
                assertThat(snapshot.heldFor()).contains(Duration.ofSeconds(3));
            });
        }
    }

    @Test
    void inspect_summaryOnly_hasNoEpoch() {
        state.storeSummary("s", "text");

        assertThat(state.inspect("s")).hasValueSatisfying(snapshot -> {
            assertThat(snapshot.epoch()).isEmpty();
            assertThat(snapshot.summaryAge()).isPresent();
        });
    }

    /** All idle locks leave the cache. */
    private void expire() {
        ticker.advance(TTL);
        assertThat(state.lockCount()).isZero();
    }

    private void fill() {
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 20; i++) {
                state.getLock("filler-" + i);
            }
        }
        assertThat(state.lockCount()).isEqualTo(4);
    }
}
