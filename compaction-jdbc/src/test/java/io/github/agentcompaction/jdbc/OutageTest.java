package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import java.sql.SQLNonTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;

/** A database that is down, or does not answer. */
class OutageTest extends DatabaseTest {

    private static final Duration LIMIT = Duration.ofMillis(2500); // twice a second, and a little

    private FaultyDataSource faulty;
    private JdbcTransactionManager own;
    private JdbcStore store;
    private boolean isUp;

    @BeforeEach
    void begin() {
        faulty = new FaultyDataSource(pool);
        store(); // makes the table
        own = new JdbcTransactionManager(faulty);
        store = opened(JdbcStore.builder(faulty, own)
                .tablePrefix(prefix)
                .commandTimeout(Duration.ofSeconds(1))
                .build());
    }

    private void takeDown() {
        faulty.onConnect = () -> {
            throw new SQLNonTransientConnectionException("connection refused", "08001");
        };
    }

    private void takeUp() {
        isUp = true;
        faulty.onConnect = () -> {};
    }

    @Test
    void store_startsWhileTheDatabaseIsDown_andWorksLater() throws Exception {
        takeDown();

        store.verify();
        store.verifyHistory(
                () -> assertThat(isUp).as("a transaction to save it in").isTrue(), () -> false, () -> {});
        assertThatThrownBy(() -> get(store.agent("a").tryAcquire("s", "r1/1")))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(DataAccessException.class);
        assertThatThrownBy(() -> store.exclusively("s", () -> "never")).hasStackTraceContaining("connection refused");

        takeUp();
        acquired(store.agent("a"), "s", "r1/2");
        assertThat(store.<String>exclusively("s", () -> "done")).isEqualTo("done");
    }

    /** A history that is somewhere else is refused as at the start, by all that a task may come by. */
    @Test
    void verifyHistory_whileTheDatabaseIsDown_isMadeUpForBeforeEachUse() throws Exception {
        CapturedLog log = opened(new CapturedLog());
        ElsewhereHistory history = new ElsewhereHistory();
        JdbcAgentStore agent = store.agent("a");
        takeDown();
        store.verify();

        history.verify(store);

        assertThat(log.at(Level.WARNING))
                .hasSize(2)
                .last()
                .asString()
                .contains("not known whether the history is written");
        takeUp();
        LeaseGrant never = new LeaseGrant("s", "r1/1", 1, 1);
        for (int i = 0; i < 2; i++) {
            assertRefused(() -> store.exclusively("s", () -> "never"));
            assertRefused(() -> agent.commit(never, () -> {}));
            assertRefused(() -> transaction(own, TransactionDefinition.ISOLATION_READ_COMMITTED)
                    .execute(status -> store.<String>exclusively("s", () -> "never")));
            assertRefused(() -> get(agent.tryAcquire("s", "r1/1")));
            assertRefused(() -> get(agent.inspect("s")));
        }
        assertThat(history.there).as("probes that are left").isEmpty();

        history.isRolledBack = true;
        assertThat(get(agent.inspect("s")).owner()).isEmpty();
        int probes = history.probes.get();
        assertThat(store.<String>exclusively("s", () -> "done")).isEqualTo("done");
        acquired(agent, "s", "r1/1");
        assertThat(history.probes).as("not again").hasValue(probes);
        assertThat(log.at(Level.INFO)).singleElement().asString().contains("The history is written in");
    }

    /** The first to come is in a transaction, which a probe in it would roll back. */
    @Test
    void verifyHistory_madeUpForInACallersTransaction_leavesThatAlone() {
        ElsewhereHistory history = new ElsewhereHistory();
        history.isRolledBack = true;
        takeDown();
        history.verify(store);
        takeUp();

        transaction(own, TransactionDefinition.ISOLATION_READ_COMMITTED)
                .executeWithoutResult(status -> store.<Boolean>exclusively(conversation, () -> {
                    history(faulty, own).saveAll(conversation, messages("there"));
                    return true;
                }));

        assertThat(history.probes).hasValue(1);
        assertThat(texts()).containsExactly("there");
    }

    private static void assertRefused(ThrowingCallable use) {
        assertThatThrownBy(use).hasStackTraceContaining("still there after its rollback");
    }

    /** In this process, until it takes part in transactions. */
    private static final class ElsewhereHistory {

        final Set<String> there = ConcurrentHashMap.newKeySet();
        volatile boolean isRolledBack;
        final AtomicInteger probes = new AtomicInteger();

        void verify(JdbcStore store) {
            store.verifyHistory(
                    () -> {
                        probes.incrementAndGet();
                        if (!isRolledBack) {
                            there.add("probe");
                        }
                    },
                    () -> there.contains("probe"),
                    () -> there.remove("probe"));
        }
    }

    @Test
    void calls_whileTheDatabaseIsDown_failInTime_andRecover() throws Exception {
        JdbcAgentStore agent = store.agent("a");
        var grant = acquired(agent, "s", "r1/1");
        takeDown();

        assertFailsInTime(agent.renew(grant));
        assertFailsInTime(agent.peek("s"));
        assertThatThrownBy(() -> agent.commit(grant, () -> {})).hasStackTraceContaining("connection refused");

        takeUp();
        assertThat(get(agent.renew(grant))).isTrue();
    }

    /** No connection comes, and no error: more calls than threads fail in time, and none runs when it is too late. */
    @Test
    void calls_whileTheDatabaseHangs_failInTime_andHoldNothingLater() throws Exception {
        JdbcAgentStore agent = store.agent("a");
        acquired(agent, "before", "r1/0");
        CountDownLatch hanging = new CountDownLatch(1);
        faulty.onConnect = () -> {
            try {
                hanging.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };

        List<CompletionStage<LeaseAttempt>> attempts = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < 10; i++) {
            attempts.add(agent.tryAcquire("s" + i, "r1/" + i));
        }
        for (CompletionStage<LeaseAttempt> attempt : attempts) {
            assertThatThrownBy(() -> get(attempt))
                    .hasCauseInstanceOf(QueryTimeoutException.class)
                    .hasMessageContaining("has not answered for PT2.5S");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LIMIT.plusSeconds(1));

        takeUp();
        hanging.countDown();
        acquired(agent, "after", "r1/1");
        for (int i = 0; i < 10; i++) { // what was granted too late was given back
            String session = "s" + i;
            Awaitility.await().until(() -> get(agent.inspect(session)).owner().isEmpty());
        }
    }

    /** The pool is used up by the application, so that no connection comes. */
    @Test
    void close_endsTheThreads_laterCallsFail() throws Exception {
        JdbcAgentStore agent = store.agent("a");
        acquired(agent, "s", "r1/1");

        store.close();

        assertThatThrownBy(() -> get(agent.tryAcquire("s", "r1/1")))
                .hasStackTraceContaining("The JDBC store is closed");
    }

    private static void assertFailsInTime(CompletionStage<?> stage) {
        long start = System.nanoTime();
        assertThatThrownBy(() -> get(stage)).hasCauseInstanceOf(DataAccessException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LIMIT.plusSeconds(1));
    }
}
