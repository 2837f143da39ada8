package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import io.github.agentcompaction.store.StoredSession;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.TimeZone;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.StatementCallback;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** Leases of two replicas. */
class LeaseTest extends DatabaseTest {

    @Test
    void tryAcquire_heldByAnotherReplica_isBusyForAboutTheLease() throws Exception {
        JdbcAgentStore here = store().agent("a");
        JdbcAgentStore there = store().agent("a");

        LeaseGrant grant = acquired(here, "s", "r1/1");
        LeaseAttempt attempt = get(there.tryAcquire("s", "r2/1"));

        assertThat(attempt.grant()).isEmpty();
        assertThat(attempt.epoch()).isEqualTo(grant.epoch());
        assertThat(attempt.retryAfter()).isEqualTo(Duration.ofSeconds(10)); // a lease of 30 s, capped
        assertThat(attempt.sinceCompacted()).isEmpty();
    }

    @Test
    void tryAcquire_heldForShort_saysForHowLong() throws Exception {
        JdbcAgentStore agent =
                store(pool, manager, b -> b.lease(Duration.ofSeconds(5))).agent("a");

        acquired(agent, "s", "r1/1");

        assertThat(get(agent.tryAcquire("s", "r2/1")).retryAfter())
                .isBetween(Duration.ofSeconds(2), Duration.ofMillis(5100));
    }

    @Test
    void tryAcquire_otherAgentOrNamespaceOrSession_isIndependent() throws Exception {
        JdbcStore store = store();
        JdbcStore other = store(pool, manager, b -> b.namespace("other"));

        acquired(store.agent("a"), "s", "r1/1");

        acquired(store.agent("b"), "s", "r1/2");
        acquired(store.agent("a"), "s2", "r1/3");
        acquired(other.agent("a"), "s", "r1/4");
    }

    @Test
    void tryAcquire_repeatedByTheHolder_isGrantedWithTheSameFence() throws Exception {
        JdbcAgentStore agent = store().agent("a");

        LeaseGrant first = acquired(agent, "s", "r1/1");

        assertThat(acquired(agent, "s", "r1/1")).isEqualTo(first);
    }

    @Test
    void tryAcquire_afterReleaseAndAfterExpiry_raisesTheFence() throws Exception {
        JdbcAgentStore agent = store().agent("a");

        LeaseGrant first = acquired(agent, "s", "r1/1");
        get(agent.release(first, false));
        LeaseGrant second = acquired(agent, "s", "r1/2");
        expire("s");
        LeaseGrant third = acquired(agent, "s", "r1/3");

        assertThat(second.fence()).isGreaterThan(first.fence());
        assertThat(third.fence()).isGreaterThan(second.fence());
    }

    @Test
    void tryAcquire_realExpiry_onTheDatabasesClock() throws Exception {
        JdbcAgentStore agent =
                store(pool, manager, b -> b.lease(Duration.ofSeconds(2))).agent("a");
        long start = System.nanoTime();
        acquired(agent, "s", "r1/1");

        Awaitility.await().pollInterval(Duration.ofMillis(50)).until(() -> !isBusy(get(agent.tryAcquire("s", "r2/1"))));

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(1900), Duration.ofSeconds(4));
    }

    /** Commits of a frozen replica: without a shorter limit, six such sessions keep all threads of the store for four seconds. */
    @Test
    void tryAcquire_rowsAreLocked_isBusyForASecond_andHoldsUpNothingElse() throws Exception {
        assumeThat(database).as("a database with a short limit").isNotEqualTo(TestDatabase.H2);
        JdbcAgentStore agent = store().agent("a");
        Queue<String> signals = new ConcurrentLinkedQueue<>();
        opened(agent.onReleased(signals::add));
        for (int i = 0; i < 6; i++) {
            get(agent.release(acquired(agent, "s" + i, "r1/" + i), false));
        }
        acquired(agent, "s0", "r1/frozen");
        expire("s0");
        acquired(agent, "held", "r1/1");
        Connection frozen = lockRows();

        List<CompletionStage<LeaseAttempt>> attempts = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < 6; i++) {
            attempts.add(agent.tryAcquire("s" + i, "r2/" + i));
        }
        CompletionStage<LeaseAttempt> held = agent.tryAcquire("held", "r2/held");
        CompletionStage<StoredSession> other = agent.inspect("other");
        for (CompletionStage<LeaseAttempt> attempt : attempts) {
            assertThat(isBusy(get(attempt))).isTrue();
            assertThat(get(attempt).retryAfter()).isEqualTo(Duration.ofSeconds(1));
        }
        assertThat(get(held).retryAfter()).isEqualTo(Duration.ofSeconds(10));
        get(other);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(1500));
        Awaitility.await().during(Duration.ofMillis(300)).until(signals::isEmpty);

        frozen.rollback();
        acquired(agent, "s0", "r2/later");
    }

    @Test
    void tryAcquire_rowIsLockedForAMoment_waits() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant before = acquired(agent, "s", "r1/1");
        get(agent.release(before, false));
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> {
            Connection moment = lockRows();
            CompletionStage<LeaseAttempt> attempt = agent.tryAcquire("s", "r2/1");
            LockSupport.parkNanos(30_000_000);
            moment.rollback();
            moment.close();
            return !isBusy(get(attempt)); // almost always, on a busy machine not each time
        });
    }

    /** Only a question for a lease is in such a hurry. */
    @Test
    void renewAndRelease_rowIsLocked_wait() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        for (Function<LeaseGrant, CompletionStage<Boolean>> end :
                List.<Function<LeaseGrant, CompletionStage<Boolean>>>of(agent::renew, g -> agent.release(g, true))) {
            Connection slow = lockRows();
            CompletionStage<Boolean> stage = end.apply(grant);
            LockSupport.parkNanos(400_000_000);
            assertThat(stage.toCompletableFuture()).isNotDone();
            slow.rollback();
            slow.close();
            assertThat(get(stage)).isTrue();
        }
    }

    /** {@return the connection whose transaction has locked all rows} */
    private Connection lockRows() throws SQLException {
        Connection connection = opened(pool.getConnection());
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE " + prefix + "session SET version = version + 1");
        }
        return connection;
    }

    @Test
    void renew_lateButUncontested_succeeds() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        expire("s");

        assertThat(get(agent.renew(grant))).isTrue();

        assertThat(isBusy(get(agent.tryAcquire("s", "r2/1")))).isTrue();
    }

    @Test
    void renew_takenOverOrReleased_saysFalse() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant lost = acquired(agent, "s", "r1/1");
        expire("s");
        LeaseGrant next = acquired(agent, "s", "r2/1");

        assertThat(get(agent.renew(lost))).isFalse();
        assertThat(get(agent.renew(next))).isTrue();
        get(agent.release(next, false));
        assertThat(get(agent.renew(next))).isFalse();
    }

    /** Rule 11: a renewal that meets the own commit gets no row. It says so; the release still knows the grant as the last. */
    @Test
    void renew_afterTheOwnCommit_saysFalse_releaseTrue() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");

        assertThat(agent.commit(grant, () -> {})).isTrue();

        assertThat(get(agent.renew(grant))).isFalse();
        assertThat(get(agent.release(grant, false))).isTrue();
    }

    /** Rule 12, with the database's clock at a stand: the second renewal changes nothing. */
    @Test
    void renew_twiceInOneMillisecond_whereOnlyChangedRowsCount_succeeds() throws Exception {
        assumeThat(database).as("a driver that can count changed rows only").isEqualTo(TestDatabase.MARIADB);
        HikariDataSource frozen = opened(database.pool(
                name, "?useAffectedRows=true", config -> config.setConnectionInitSql("SET timestamp = 2000000000")));
        JdbcAgentStore agent = store(frozen, new JdbcTransactionManager(frozen)).agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");

        assertThat(get(agent.renew(grant))).isTrue();
        assertThat(get(agent.renew(grant))).isTrue();
        assertThat(acquired(agent, "s", "r1/1")).isEqualTo(grant);
        get(agent.put("s", "text"));
        get(agent.put("s", "text"));
    }

    @Test
    void release_isIdempotent_andMovesTheEpochOnce() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");

        assertThat(get(agent.release(grant, true))).isTrue();
        assertThat(get(agent.release(grant, true))).isTrue();

        LeaseAttempt next = get(agent.tryAcquire("s", "r1/2"));
        assertThat(next.epoch()).isEqualTo(grant.epoch() + 1);
        assertThat(next.sinceCompacted().orElseThrow()).isLessThan(Duration.ofSeconds(10));
        assertThat(get(agent.release(next.grant().orElseThrow(), false))).isTrue();
        assertThat(get(agent.release(next.grant().orElseThrow(), false))).isTrue();
        assertThat(get(agent.inspect("s")).epoch()).isEqualTo(grant.epoch() + 1);
    }

    @Test
    void release_byAnEarlierHolder_changesNothing() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant lost = acquired(agent, "s", "r1/1");
        expire("s");
        LeaseGrant next = acquired(agent, "s", "r2/1");

        assertThat(get(agent.release(lost, true))).isFalse();
        assertThat(get(agent.release(lost, false))).isFalse();

        assertThat(get(agent.inspect("s")))
                .isEqualTo(new StoredSession(Optional.of("r2/1"), next.fence(), lost.epoch()));
    }

    @Test
    void abandon_freesOnlyItsOwnToken() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        acquired(agent, "s", "r1/1");

        get(agent.abandon("s", "r2/1"));
        assertThat(isBusy(get(agent.tryAcquire("s", "r2/2")))).isTrue();
        get(agent.abandon("s", "r1/1"));
        acquired(agent, "s", "r2/3");
        get(agent.abandon("nobody", "r1/1"));
    }

    @Test
    void inspect_tellsWhatIsKnown() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        assertThat(get(agent.inspect("s"))).isEqualTo(StoredSession.UNKNOWN);

        acquired(agent, "s", "r1/1");
        assertThat(get(agent.inspect("s")).owner()).contains("r1/1");
        expire("s");
        assertThat(get(agent.inspect("s")).owner()).isEmpty();
    }

    @Test
    void tryAcquire_tokenThatDoesNotFit_isRefused() {
        JdbcAgentStore agent = store().agent("a");

        for (String token : List.of("", "x".repeat(201), "r\n")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> agent.tryAcquire("s", token))
                    .withMessageContaining("token must be 1 to 200 printable ASCII characters");
        }
    }

    /** Rule 10. */
    @Test
    void tryAcquire_rowHeldByATransaction_isBusyAndTellsTheEpoch() throws Exception {
        JdbcAgentStore agent = store(pool, manager, b -> b.commandTimeout(Duration.ofMillis(700)))
                .agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        get(agent.release(grant, false));

        LeaseAttempt attempt = readCommitted().execute(status -> {
            jdbc.update("UPDATE " + prefix + "session SET version = 7 WHERE session_id = 's'");
            try {
                return get(agent.tryAcquire("s", "r2/1"));
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });

        assertThat(attempt.grant()).isEmpty();
        assertThat(attempt.epoch()).isEqualTo(grant.epoch());
        assertThat(attempt.retryAfter()).isEqualTo(Duration.ofSeconds(1));
    }

    /** Rules 3 and 9: the calling thread's transaction has no part in a lease. */
    @Test
    void leaseCalls_inATransaction_doNotJoinIt() throws Exception {
        JdbcAgentStore agent = store().agent("a");

        LeaseGrant grant = readCommitted().execute(status -> {
            status.setRollbackOnly();
            try {
                return acquired(agent, "s", "r1/1");
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });

        assertThat(get(agent.inspect("s")).owner()).contains("r1/1");
        assertThat(get(agent.renew(grant))).isTrue();
    }

    /** Also where a pool's connections do not commit by themselves. */
    @Test
    void leaseCalls_onConnectionsWithoutAutoCommit_areCommitted() throws Exception {
        HikariDataSource manual = opened(database.pool(name, "", config -> config.setAutoCommit(false)));
        JdbcAgentStore agent = store(manual, new JdbcTransactionManager(manual)).agent("a");

        acquired(agent, "s", "r1/1");

        assertThat(isBusy(get(store().agent("a").tryAcquire("s", "r2/1")))).isTrue();
    }

    /** What the store sets on a connection of the application's pool is gone when it comes back. */
    @Test
    void calls_leaveNoTimeLimitsOnThePoolsConnections() throws Exception {
        JdbcStore store = store();

        LeaseGrant grant = acquired(store.agent("a"), "s", "r1/1");
        assertThat(store.agent("a").commit(grant, () -> jdbc.update("DELETE FROM SPRING_AI_CHAT_MEMORY WHERE 1 = 0")))
                .isTrue();
        store.<Integer>exclusively("s", () -> jdbc.update("DELETE FROM SPRING_AI_CHAT_MEMORY WHERE 1 = 0"));

        assertThat(jdbc.<Integer>execute((StatementCallback<Integer>) Statement::getQueryTimeout))
                .isZero();
        assertThat(jdbc.<Integer>execute((ConnectionCallback<Integer>) Connection::getNetworkTimeout))
                .isZero();
        assertThat(jdbc.<Boolean>execute((ConnectionCallback<Boolean>) Connection::getAutoCommit))
                .isTrue();
    }

    /** Rule 2: replicas in other time zones see the same lease. */
    @Test
    void leases_ofJvmsInDifferentTimeZones_areTheSame() throws Exception {
        TimeZone before = TimeZone.getDefault();
        try {
            List<JdbcAgentStore> replicas = new ArrayList<>();
            for (String zone : List.of("America/New_York", "Asia/Tokyo", "UTC")) {
                TimeZone.setDefault(TimeZone.getTimeZone(zone));
                HikariDataSource there = pool("");
                replicas.add(store(there, new JdbcTransactionManager(there), b -> b.lease(Duration.ofSeconds(9)))
                        .agent("a"));
                LeaseGrant grant = acquired(replicas.get(0), zone, "r/" + zone);
                for (JdbcAgentStore replica : replicas) {
                    LeaseAttempt attempt = get(replica.tryAcquire(zone, "r/other"));
                    assertThat(attempt.grant()).isEmpty();
                    assertThat(attempt.retryAfter()).isBetween(Duration.ofSeconds(5), Duration.ofMillis(9100));
                }
                assertThat(get(replicas.get(0).release(grant, true))).isTrue();
                assertThat(get(replicas.get(replicas.size() - 1).tryAcquire(zone, "r/next"))
                                .sinceCompacted()
                                .orElseThrow())
                        .isLessThan(Duration.ofSeconds(5));
            }
        } finally {
            TimeZone.setDefault(before);
        }
    }

    /** Times are those of the database: they stand next to its own clock, in milliseconds. */
    @Test
    void times_areMillisecondsSince1970() throws Exception {
        JdbcAgentStore agent =
                store(pool, manager, b -> b.lease(Duration.ofSeconds(9))).agent("a");
        acquired(agent, "s", "r1/1");

        Long touchedAt = jdbc.queryForObject("SELECT touched_at FROM " + prefix + "session", Long.class);

        // On this machine both clocks are one.
        assertThat(touchedAt).isBetween(System.currentTimeMillis() - 60_000, System.currentTimeMillis() + 60_000);
    }

    /** The checker stands outside of the store; {@link #checker_ofLeasesThatAreNotAsked_barks} shows that it sees an overlap. */
    @Test
    void leases_ofTwoReplicas_neverOverlap() throws Exception {
        assertThat(overlaps(true)).isZero();
    }

    @Test
    void checker_ofLeasesThatAreNotAsked_barks() throws Exception {
        assertThat(overlaps(false)).isPositive();
    }

    private int overlaps(boolean asking) throws Exception {
        List<JdbcAgentStore> replicas = List.of(store().agent("a"), store().agent("a"));
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger overlaps = new AtomicInteger();
        AtomicInteger granted = new AtomicInteger();
        CountDownLatch start = new CountDownLatch(1);
        ExecutorService tasks = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> ends = new ArrayList<>();
            for (int task = 0; task < 8; task++) {
                JdbcAgentStore agent = replicas.get(task % 2);
                String replica = "r" + task + "/";
                ends.add(tasks.submit(() -> {
                    start.await();
                    for (int i = 0; i < 40; i++) {
                        LeaseAttempt attempt = get(agent.tryAcquire("s", replica + i));
                        if (!asking || attempt.grant().isPresent()) {
                            granted.incrementAndGet();
                            if (inside.incrementAndGet() > 1) {
                                overlaps.incrementAndGet();
                            }
                            Thread.yield();
                            inside.decrementAndGet();
                            if (attempt.grant().isPresent()) {
                                get(agent.release(attempt.grant().get(), false));
                            }
                        }
                    }
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> end : ends) {
                end.get(60, TimeUnit.SECONDS);
            }
        } finally {
            tasks.shutdownNow();
        }
        assertThat(granted.get()).isPositive();
        return overlaps.get();
    }
}
