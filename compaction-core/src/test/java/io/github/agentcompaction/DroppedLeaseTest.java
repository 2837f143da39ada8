package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.SessionLock.Lease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A lease that was dropped without close() does not wedge its session, and is warned of. */
@Timeout(120)
class DroppedLeaseTest extends StateTest {

    private final CapturedLog log = new CapturedLog();
    private final RecordingListener listener = new RecordingListener();
    private final FakeTicker ticker = new FakeTicker();
    private final SessionCompactionState state = newState()
            .agent("planner")
            .ttl(Duration.ofHours(1))
            .maxSize(2)
            .ticker(ticker)
            .listener(listener)
            .build();

    @AfterEach
    void closeLog() {
        log.close();
    }

    @Test
    void idleSession_comesFreeAndWarns() {
        SessionLock lock = state.getLock("s");
        drop(lock);

        Garbage.collectUntil(() -> !lock.isLocked());

        assertWarnedOnce();
    }

    @Test
    void sessionThatIsAskedForAllTheTime_comesFreeAndWarns() {
        drop(state.getLock("s"));

        Garbage.collectUntil(() -> {
            Optional<Lease> lease = state.getLock("s").tryAcquire();
            lease.ifPresent(Lease::close);
            return lease.isPresent();
        });

        assertWarnedOnce();
    }

    @Test
    void blockedAndAsynchronousWaiters_areServedWithoutAnotherTaskAsking() {
        SessionLock lock = state.getLock("s");
        drop(lock);
        Future<Lease> blocked = Tasks.start(lock::acquire);
        CompletableFuture<Lease> async = lock.acquireAsync();

        Garbage.collectUntil(() -> blocked.isDone() || async.isDone());
        (blocked.isDone() ? Tasks.get(blocked) : Tasks.get(async)).close();
        Tasks.get(blocked).close();
        Tasks.get(async).close();

        assertWarnedOnce();
    }

    @Test
    void grantThatTheWaiterNeverLookedAt_goesToTheNext() throws InterruptedException {
        SessionLock lock = state.getLock("s");
        Lease first = lock.acquire();
        lock.acquireAsync();
        CompletableFuture<Lease> next = lock.acquireAsync();

        first.close();

        Garbage.collectUntil(next::isDone);
        Tasks.get(next).close();
        assertWarnedOnce();
    }

    /** The warning may be missing: the collector has taken lock and lease together. */
    @Test
    void evictedSession_comesFree() {
        drop(state.getLock("s"));
        ticker.advance(Duration.ofHours(2));
        assertThat(state.lockCount()).isZero();

        Garbage.collectUntil(() -> state.heldCount() == 0);

        state.getLock("s").tryAcquire().orElseThrow().close();
    }

    /** Only the waiters refer to the lock any more, and nothing refers to them. */
    @Test
    void evictedSessionWithAWaiter_warnsAndServesIt() throws InterruptedException {
        CountDownLatch served = new CountDownLatch(1);
        drop(state.getLock("s"));
        state.getLock("s").acquireAsync().thenAccept(lease -> {
            lease.close();
            served.countDown();
        });
        ticker.advance(Duration.ofHours(2));
        assertThat(state.lockCount()).isZero();

        Garbage.collectUntil(() -> served.getCount() == 0);

        assertWarnedOnce();
    }

    /** The lease is dropped long after the waiter came, so that one look is not enough. */
    @Test
    void leaseDroppedAfterTheFirstLooks_isStillNoticed() throws Exception {
        SessionLock lock = state.getLock("s");
        List<Lease> kept = new ArrayList<>(List.of(lock.acquire()));
        CompletableFuture<Lease> waiter = lock.acquireAsync();
        new CompletableFuture<Void>()
                .completeOnTimeout(null, 2_500, TimeUnit.MILLISECONDS)
                .get();

        kept.clear();

        Garbage.collectUntil(waiter::isDone);
        waiter.join().close();
    }

    @Test
    void leaseThatIsStillReferenced_isNeverTakenBack() throws InterruptedException {
        SessionLock lock = state.getLock("s");
        Lease lease = lock.acquire();

        Garbage.collect();

        assertThat(lock.isLocked()).isTrue();
        assertThat(lock.tryAcquire()).isEmpty();
        lease.close();
        assertThat(log.messages()).isEmpty();
    }

    @Test
    void sessionIdWithLineBreaks_cannotForgeALogLine() {
        SessionLock lock = state.getLock("s\n2026-01-01 ERROR forged\r\u2028\u0085");
        drop(lock);

        Garbage.collectUntil(() -> !lock.isLocked());

        assertThat(log.messages())
                .singleElement()
                .asString()
                .contains("'s\\u000a2026-01-01 ERROR forged\\u000d\\u2028\\u0085'")
                .doesNotContainPattern("[\\r\\n\\u2028\\u0085]");
    }

    private void assertWarnedOnce() {
        assertThat(log.messages())
                .singleElement()
                .asString()
                .startsWith("A lease of session 's' of agent 'planner' was dropped without close()");
        soon(() -> assertThat(listener.events("leaseClosed")).isNotEmpty());
    }

    /** In a method of its own, so that no local variable keeps the lease. */
    private static void drop(SessionLock lock) {
        Objects.requireNonNull(lock.tryAcquire().orElseThrow());
    }
}
