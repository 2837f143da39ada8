package io.github.agentcompaction.redis;

import static io.github.agentcompaction.redis.Stages.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import io.github.agentcompaction.store.StoredSession;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The leases of two replicas. A lease that has run out is a lease key that is deleted, as Redis itself does it. */
@Timeout(120)
class RedisLeasesTest {

    @RegisterExtension
    static final TestRedis redis = new TestRedis();

    private static final String LEASE = "test:planner:{s}:lease";
    private static final String STATE = "test:planner:{s}:state";

    private RedisAgentStore one;
    private RedisAgentStore two;

    @BeforeEach
    void startReplicas() {
        one = redis.replica().agent("planner");
        two = redis.replica().agent("planner");
    }

    @Test
    void tryAcquire_free_isGrantedOnce() {
        LeaseGrant grant = acquire(one, "t1");

        LeaseAttempt busy = get(two.tryAcquire("s", "t2"));

        assertThat(grant.session()).isEqualTo("s");
        assertThat(grant.token()).isEqualTo("t1");
        assertThat(grant.fence()).isPositive();
        assertThat(grant.epoch()).isPositive();
        assertThat(busy.epoch()).isEqualTo(grant.epoch());
        assertThat(busy.grant()).isEmpty();
        assertThat(busy.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        assertThat(busy.sinceCompacted()).isEmpty();
        assertThat(redis.admin().pttl(LEASE)).isBetween(25_000L, 30_000L);
    }

    @Test
    void tryAcquire_leaseThatEndsSoon_isBusyForThatLong() {
        acquire(one, "t1");
        redis.admin().pexpire(LEASE, 400);

        assertThat(get(two.tryAcquire("s", "t2")).retryAfter()).isBetween(Duration.ofMillis(1), Duration.ofMillis(400));
    }

    @Test
    void tryAcquire_sameTokenAgain_hasTheSameFence() {
        LeaseGrant first = acquire(one, "t1");

        assertThat(acquire(one, "t1")).isEqualTo(first);
        redis.admin().del(LEASE);
        assertThat(acquire(one, "t1"))
                .as("after it ran out, with no other holder")
                .isEqualTo(first);
    }

    @Test
    void tryAcquire_tokenThatHasEnded_isNotGrantedAgain() {
        get(one.release(acquire(one, "released"), false));
        assertThat(get(one.tryAcquire("s", "released")).grant()).isEmpty();

        get(one.abandon("s", "abandoned"));
        assertThat(get(one.tryAcquire("s", "abandoned")).grant())
                .as("an attempt that comes after its abandonment")
                .isEmpty();

        acquire(two, "t2");
    }

    @Test
    void fence_risesWithEachGrant_alsoAfterALossOfTheData() {
        LeaseGrant first = acquire(one, "t1");
        get(one.release(first, false));
        LeaseGrant second = acquire(two, "t2");
        redis.admin().flushall();
        LeaseGrant third = acquire(one, "t3");

        assertThat(second.fence()).isGreaterThan(first.fence());
        assertThat(third.fence()).isGreaterThan(second.fence());
    }

    @Test
    void renew_prolongs() {
        LeaseGrant grant = acquire(one, "t1");
        redis.admin().pexpire(LEASE, 5_000);

        assertThat(get(one.renew(grant))).isTrue();

        assertThat(redis.admin().pttl(LEASE)).isGreaterThan(25_000L);
    }

    @Test
    void renew_lateButUncontested_isTheHolderAgain() {
        LeaseGrant grant = acquire(one, "t1");
        redis.admin().del(LEASE);

        assertThat(get(one.renew(grant))).isTrue();

        assertThat(get(two.tryAcquire("s", "t2")).grant()).isEmpty();
    }

    @Test
    void renew_afterAnotherHolder_isRefused() {
        LeaseGrant late = acquire(one, "t1");
        redis.admin().del(LEASE);
        LeaseGrant other = acquire(two, "t2");

        assertThat(get(one.renew(late))).as("while it holds").isFalse();
        redis.admin().del(LEASE);
        assertThat(get(one.renew(late))).as("after its lease ran out").isFalse();
        get(two.release(other, false));
        assertThat(get(one.renew(late))).as("after it released").isFalse();
    }

    @Test
    void renew_afterRelease_doesNotResurrect() {
        LeaseGrant grant = acquire(one, "t1");
        get(one.release(grant, false));

        assertThat(get(one.renew(grant))).isFalse();

        assertThat(get(one.inspect("s")).owner()).isEmpty();
        acquire(two, "t2");
    }

    @Test
    void renew_racingRelease_leavesTheLeaseFree() {
        for (int i = 0; i < 200; i++) {
            LeaseGrant grant = acquire(one, "t" + i);
            CompletableFuture<Boolean> renewal = one.renew(grant).toCompletableFuture();
            CompletableFuture<Boolean> release = two.release(grant, i % 2 == 0).toCompletableFuture();
            CompletableFuture<Boolean> later = one.renew(grant).toCompletableFuture();

            assertThat(get(release)).isTrue();
            CompletableFuture.allOf(renewal, later).join();
            assertThat(get(one.inspect("s")).owner()).isEmpty();
        }
    }

    @Test
    void renew_afterALossOfTheData_goesToTheFirstThatComes() {
        LeaseGrant grant = compactedOnceAndHeld();
        redis.admin().flushall();

        assertThat(get(one.renew(grant))).isTrue();
        assertThat(get(two.tryAcquire("s", "t2")).epoch()).isEqualTo(grant.epoch());
        assertThat(get(one.inspect("s"))).isEqualTo(known("t1", grant));

        redis.admin().flushall();
        acquire(two, "t2");
        assertThat(get(one.renew(grant))).isFalse();
        assertThat(get(one.release(grant, true))).isFalse();
    }

    @Test
    void renew_stateIsLostAndAnotherHolds_isRefused() {
        LeaseGrant late = acquire(one, "t1");
        redis.admin().del(LEASE);
        acquire(two, "t2");
        redis.admin().del(STATE);

        assertThat(get(one.renew(late))).isFalse();
        assertThat(get(one.release(late, true))).isFalse();
        assertThat(redis.admin().get(LEASE)).isEqualTo("t2");
    }

    @Test
    void release_freesAtOnce_andMovesTheEpochByOneOnlyIfCompacted() {
        LeaseGrant first = acquire(one, "t1");
        assertThat(get(one.release(first, false))).isTrue();
        LeaseGrant second = acquire(two, "t2");
        assertThat(second.epoch()).isEqualTo(first.epoch());

        assertThat(get(two.release(second, true))).isTrue();

        assertThat(acquire(one, "t3").epoch()).isEqualTo(first.epoch() + 1);
    }

    @Test
    void release_again_isTheSameAnswerAndChangesNothing() {
        LeaseGrant grant = acquire(one, "t1");
        assertThat(get(one.release(grant, true))).isTrue();
        long epoch = get(one.inspect("s")).epoch();

        assertThat(get(one.release(grant, true))).isTrue();
        assertThat(get(one.inspect("s")).epoch()).isEqualTo(epoch);

        LeaseGrant next = acquire(two, "t2");
        get(one.release(grant, true));
        assertThat(get(one.inspect("s"))).as("the next holder's").isEqualTo(known("t2", next));
    }

    @Test
    void release_lateButUncontested_counts() {
        LeaseGrant grant = acquire(one, "t1");
        redis.admin().del(LEASE);

        assertThat(get(one.release(grant, true))).isTrue();
        assertThat(get(one.inspect("s")).epoch()).isPositive();
    }

    @Test
    void release_afterAnotherHolder_isRefusedAndChangesNothing() {
        LeaseGrant late = acquire(one, "t1");
        redis.admin().del(LEASE);
        LeaseGrant other = acquire(two, "t2");

        assertThat(get(one.release(late, true))).isFalse();

        assertThat(get(one.inspect("s"))).isEqualTo(known("t2", other));
    }

    @Test
    void epoch_risesStrictly_throughLossOfDataAndIdleExpiry() {
        long last = 0;
        for (int i = 0; i < 4; i++) {
            LeaseGrant grant = acquire(one, "t" + i);
            if (i == 1) {
                redis.admin().flushall(); // while the lease is held
            }
            assertThat(get(one.release(grant, true))).isTrue();
            long epoch = get(two.inspect("s")).epoch();
            assertThat(epoch).isGreaterThan(last);
            last = epoch;
            if (i == 2) {
                redis.admin().del(STATE); // as after its idle time
            }
        }
    }

    @Test
    void epoch_risesAlsoIfTheClockOfRedisWentBack() {
        get(one.release(acquire(one, "t0"), true));
        long epoch = get(one.inspect("s")).epoch();
        redis.admin().hset(STATE, "compacted", "" + (epoch + 3_600_000_000L));

        LeaseAttempt attempt = get(one.tryAcquire("s", "t1"));
        get(one.release(attempt.grant().orElseThrow(), true));

        assertThat(attempt.sinceCompacted()).contains(Duration.ZERO);
        assertThat(get(one.inspect("s")).epoch()).isEqualTo(epoch + 1);
    }

    @Test
    void sinceCompacted_isToldToTheHolderAndToTheOthers() {
        get(one.release(acquire(one, "t1"), true));
        long epoch = get(one.inspect("s")).epoch();
        long compacted = Long.parseLong(redis.admin().hget(STATE, "compacted"));
        redis.admin().hset(STATE, "compacted", "" + (compacted - 5_000_000));

        LeaseAttempt granted = get(one.tryAcquire("s", "t2"));
        LeaseAttempt busy = get(two.tryAcquire("s", "t3"));

        for (LeaseAttempt attempt : new LeaseAttempt[] {granted, busy}) {
            assertThat(attempt.epoch()).isEqualTo(epoch);
            assertThat(attempt.sinceCompacted().orElseThrow()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(20));
        }
    }

    @Test
    void abandon_freesWhatTheTokenHolds_andNothingElse() {
        acquire(one, "t1");
        get(two.abandon("s", "another"));
        assertThat(get(one.inspect("s")).owner()).contains("t1");

        get(two.abandon("s", "t1"));
        get(two.abandon("s", "t1"));

        assertThat(get(one.inspect("s")).owner()).isEmpty();
        acquire(two, "t2");
    }

    @Test
    void abandon_keepsTheEpoch_andEndsRenewal() {
        LeaseGrant grant = compactedOnceAndHeld();

        get(one.abandon("s", "t1"));

        assertThat(get(one.renew(grant))).isFalse();
        assertThat(acquire(two, "t2").epoch()).isEqualTo(grant.epoch());
    }

    @Test
    void abandon_byAnother_doesNotMakeAReleaseForgotten() {
        LeaseGrant grant = acquire(one, "t1");
        get(one.release(grant, true));
        get(two.abandon("s", "t2"));

        assertThat(get(one.release(grant, true))).as("repeated").isTrue();
    }

    @Test
    void inspect_unknownSession_isUnknown() {
        assertThat(get(one.inspect("never"))).isEqualTo(StoredSession.UNKNOWN);
        assertThat(redis.admin().dbsize()).isZero();
    }

    @Test
    void keys_allExpire() {
        LeaseGrant grant = acquire(one, "t1");
        get(one.put("s", "text"));
        get(one.take("s", "taker"));
        get(one.put("s", "newer"));
        assertThat(redis.admin().keys("*"))
                .hasSize(4)
                .allMatch(key -> redis.admin().pttl(key) > 0);

        get(one.release(grant, true));
        get(one.abandon("other", "t2"));
        assertThat(redis.admin().keys("*"))
                .hasSize(4)
                .allMatch(key -> redis.admin().pttl(key) > 0);
        assertThat(redis.admin().pttl(STATE)).isBetween(3_590_000L, 3_600_000L);
    }

    @Test
    void state_outlivesTenLeases_whateverTheTimeToLive() {
        RedisStore store = redis.closedAfterTest(RedisStore.builder(redis.connections())
                .namespace("test")
                .timeToLive(Duration.ofSeconds(1))
                .build());

        acquire(store.agent("planner"), "t1");

        assertThat(redis.admin().pttl(STATE)).isBetween(290_000L, 300_000L);
    }

    @Test
    void twoReplicas_neverHoldTogether() {
        AtomicInteger holders = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger grants = new AtomicInteger();
        CompletableFuture<?>[] tasks = new CompletableFuture<?>[8];
        for (int i = 0; i < tasks.length; i++) {
            RedisAgentStore store = i % 2 == 0 ? one : two;
            tasks[i] = CompletableFuture.runAsync(() -> {
                for (int round = 0; round < 100; round++) {
                    get(store.tryAcquire("s", UUID.randomUUID().toString()))
                            .grant()
                            .ifPresent(grant -> {
                                most.accumulateAndGet(holders.incrementAndGet(), Math::max);
                                grants.incrementAndGet();
                                get(store.renew(grant));
                                holders.decrementAndGet();
                                get(store.release(grant, false));
                            });
                }
            });
        }
        CompletableFuture.allOf(tasks).join();

        assertThat(grants).hasPositiveValue();
        assertThat(most).hasValue(1);
    }

    private LeaseGrant compactedOnceAndHeld() {
        get(one.release(acquire(one, "t0"), true));
        LeaseGrant grant = acquire(one, "t1");
        assertThat(grant.epoch()).isPositive();
        return grant;
    }

    private static StoredSession known(String token, LeaseGrant grant) {
        return new StoredSession(Optional.of(token), grant.fence(), grant.epoch());
    }

    private static LeaseGrant acquire(RedisAgentStore store, String token) {
        return get(store.tryAcquire("s", token)).grant().orElseThrow();
    }
}
