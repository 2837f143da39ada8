package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** The history and the lease in one transaction: all or nothing, also where an answer is lost. */
class CommitTest extends DatabaseTest {

    @Test
    void commit_writesTheHistory_movesTheEpoch_endsTheLease() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");

        assertThat(agent.commit(grant, () -> history().saveAll(conversation, messages("summary"))))
                .isTrue();

        assertThat(texts()).containsExactly("summary");
        LeaseAttempt next = get(agent.tryAcquire("s", "r2/1"));
        assertThat(next.grant()).isPresent();
        assertThat(next.epoch()).isEqualTo(grant.epoch() + 1);
        assertThat(next.sinceCompacted()).isPresent();
    }

    @Test
    void commit_whoseWriteThrows_changesNothing_andTheLeaseIsStillHeld() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        history().saveAll(conversation, messages("before"));
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        AtomicInteger runs = new AtomicInteger();

        assertThatThrownBy(() -> agent.commit(grant, () -> {
                    runs.incrementAndGet();
                    history().saveAll(conversation, messages("after"));
                    throw new IllegalArgumentException("the write's own");
                }))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the write's own");

        assertThat(runs).hasValue(1);
        assertThat(texts()).containsExactly("before");
        assertThat(get(agent.inspect("s")).epoch()).isEqualTo(grant.epoch());
        assertThat(get(agent.renew(grant))).isTrue();
    }

    @Test
    void commit_ofAHolderThatWasFrozenPastItsLease_saysFalse_andNeverWrites() throws Exception {
        JdbcAgentStore frozen = store().agent("a");
        JdbcAgentStore other = store().agent("a");
        LeaseGrant lost = acquired(frozen, "s", "r1/1");
        expire("s");
        LeaseGrant next = acquired(other, "s", "r2/1");
        AtomicBoolean wrote = new AtomicBoolean();

        assertThat(frozen.commit(lost, () -> wrote.set(true))).isFalse();
        assertThat(other.commit(next, () -> history().saveAll(conversation, messages("theirs"))))
                .isTrue();
        assertThat(frozen.commit(lost, () -> wrote.set(true))).isFalse();

        assertThat(wrote).isFalse();
        assertThat(texts()).containsExactly("theirs");
        assertThat(get(frozen.inspect("s")).epoch()).isEqualTo(lost.epoch() + 1);
    }

    @Test
    void commit_afterTheLeaseExpired_butUncontested_succeeds() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        expire("s");

        assertThat(agent.commit(grant, () -> {})).isTrue();
    }

    /** A holder that is frozen inside of its commit: the others wait, and it commits rightly. */
    @Test
    void commit_frozenInside_keepsTheLease_thoughItExpires() throws Exception {
        JdbcAgentStore here = store().agent("a");
        JdbcAgentStore there = store().agent("a");
        LeaseGrant grant = acquired(here, "s", "r1/1");

        expire("s");
        assertThat(here.commit(grant, () -> {
                    try {
                        assertThat(isBusy(get(there.tryAcquire("s", "r2/1")))).isTrue();
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                }))
                .isTrue();

        assertThat(acquired(there, "s", "r2/2").epoch()).isEqualTo(grant.epoch() + 1);
    }

    @Test
    void commit_inATransaction_isRefused_withTheRemedy() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");

        readCommitted()
                .executeWithoutResult(status -> assertThatIllegalStateException()
                        .isThrownBy(() -> agent.commit(grant, () -> {}))
                        .withMessageContaining("transaction of its own")
                        .withMessageContaining("PROPAGATION_NOT_SUPPORTED"));
    }

    /** Rule 7: the database committed, and its answer was lost. */
    @Test
    void commit_whoseAnswerIsLost_isTrue_andWritesOnce() throws Exception {
        assertCommits(1, connection -> {
            connection.commit();
            throw new SQLException("the connection broke"); // without a state, as TransactionSystemException has none
        });
    }

    /** Rule 7: the commit never reached the database. */
    @Test
    void commit_thatIsLost_isRepeated() throws Exception {
        assertCommits(2, connection -> {
            connection.rollback();
            throw new SQLException("the connection broke", "08006");
        });
    }

    /** Whatever its first commit does, the history is written, and the epoch moves once. */
    private void assertCommits(int expectedRuns, FaultyDataSource.Fault first) throws Exception {
        FaultyDataSource faulty = new FaultyDataSource(pool);
        JdbcTransactionManager own = new JdbcTransactionManager(faulty);
        JdbcAgentStore agent = store(faulty, own).agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        AtomicInteger runs = new AtomicInteger();
        faulty.onCommit = connection -> {
            faulty.onCommit = Connection::commit;
            first.happen(connection);
        };

        assertThat(agent.commit(grant, () -> {
                    runs.incrementAndGet();
                    history(faulty, own).saveAll(conversation, messages("summary"));
                }))
                .isTrue();

        assertThat(runs).hasValue(expectedRuns);
        assertThat(texts()).containsExactly("summary");
        assertThat(get(agent.inspect("s")).epoch()).isEqualTo(grant.epoch() + 1);
    }

    /** Rule 7: others that take and release the lease in between do not hide that the commit had succeeded. */
    @Test
    void commit_repeatedAfterAnotherHolderReleased_isTrue() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        agent.commit(grant, () -> {});
        get(agent.release(acquired(agent, "s", "r2/1"), false));
        AtomicBoolean wroteAgain = new AtomicBoolean();

        assertThat(agent.commit(grant, () -> wroteAgain.set(true))).isTrue();

        assertThat(wroteAgain).isFalse();
        assertThat(get(agent.inspect("s")).epoch()).isEqualTo(grant.epoch() + 1);
    }

    /** Rule 7 with a real server: its side of the connection is killed somewhere around the commit. */
    @Test
    void commit_whoseBackendIsKilled_saysWhatHappened() throws Exception {
        assumeThat(database).as("a database with sessions to kill").isNotEqualTo(TestDatabase.H2);
        JdbcAgentStore agent = store().agent("a");
        ChatMemoryRepository history = history();
        try (HikariDataSource other = database.pool(name, "", c -> {})) {
            JdbcTemplate killer = new JdbcTemplate(other);
            for (int round = 0; round < 40; round++) {
                String token = "r1/" + round;
                LeaseGrant grant = acquired(agent, "s", token);
                AtomicInteger runs = new AtomicInteger();
                CountDownLatch killed = new CountDownLatch(1);

                boolean committed = agent.commit(grant, () -> {
                    history.saveAll(conversation, messages(token));
                    if (runs.incrementAndGet() == 1) {
                        killSoon(killer, DataSourceUtils.getConnection(pool), killed);
                    }
                });

                assertThat(killed.await(5, TimeUnit.SECONDS)).isTrue();
                assertThat(committed).isTrue();
                assertThat(history(other, new JdbcTransactionManager(other)).findByConversationId(conversation))
                        .extracting(Message::getText)
                        .containsExactly(token);
                assertThat(get(agent.inspect("s")).epoch()).isEqualTo(grant.epoch() + 1);
            }
        }
    }

    private void killSoon(JdbcTemplate killer, Connection victim, CountDownLatch killed) {
        long id;
        try {
            id = connectionId(victim);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        Thread thread = new Thread(() -> {
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(600_000)); // about as long as a commit takes
            try {
                kill(killer, id);
            } catch (RuntimeException gone) {
                // The connection had ended before.
            } finally {
                killed.countDown();
            }
        });
        thread.start();
    }

    /** Rule 6, and MariaDB's 1020, which Spring does not know. */
    @Test
    void commit_afterADeadlockOrAConflict_runsTheWriteAgain() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        AtomicInteger runs = new AtomicInteger();

        assertThat(agent.commit(grant, () -> {
                    history().saveAll(conversation, messages("run " + runs.incrementAndGet()));
                    if (runs.get() == 1) {
                        throw new CannotAcquireLockException("deadlock");
                    }
                    if (runs.get() == 2) {
                        throw new UncategorizedSQLException(
                                "save", null, new SQLException("Record has changed since last read", "HY000", 1020));
                    }
                }))
                .isTrue();

        assertThat(runs).hasValue(3);
        assertThat(texts()).containsExactly("run 3");
    }

    @Test
    void commit_thatAlwaysDeadlocks_givesUp() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        AtomicInteger runs = new AtomicInteger();

        assertThatThrownBy(() -> agent.commit(grant, () -> {
                    runs.incrementAndGet();
                    throw new CannotAcquireLockException("deadlock");
                }))
                .isInstanceOf(CannotAcquireLockException.class);

        assertThat(runs).hasValue(8);
        assertThat(get(agent.renew(grant))).isTrue();
    }

    /** As on H2 after a restart: HikariCP gives out, without looking whether it lives, what was in use half a second ago. */
    @Test
    void commit_onADeadConnectionThatThePoolTrusts_isRepeatedUntilOneLives() throws Exception {
        FaultyDataSource faulty = new FaultyDataSource(pool);
        JdbcTransactionManager own = new JdbcTransactionManager(faulty);
        JdbcAgentStore agent = store(faulty, own).agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        AtomicLong used = new AtomicLong(System.nanoTime());
        faulty.onConnect = () -> {
            long now = System.nanoTime();
            if (now - used.getAndSet(now) < 500_000_000) {
                throw new SQLNonTransientConnectionException("Database is already closed", "90121");
            }
        };

        assertThat(agent.commit(grant, () -> {})).isTrue();
    }

    /** Rule 13: all connections of the pool have died in the meantime. */
    @Test
    void calls_onDeadConnections_areRepeated() throws Exception {
        assumeThat(database).as("a database with sessions to kill").isNotEqualTo(TestDatabase.H2);
        JdbcStore store = store();
        JdbcAgentStore agent = store.agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");

        killIdle(pool);
        assertThat(get(agent.renew(grant))).isTrue();
        killIdle(pool);
        assertThat(store.<String>exclusively("s", () -> "done")).isEqualTo("done");
        killIdle(pool);
        assertThat(agent.commit(grant, () -> history().saveAll(conversation, messages("summary"))))
                .isTrue();
        killIdle(pool);
        acquired(agent, "s", "r1/2");
        assertThat(texts()).containsExactly("summary");
    }
}
