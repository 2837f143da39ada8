package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.store.LeaseAttempt;
import java.sql.SQLNonTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** A database that is down, or does not answer. */
class OutageTest extends DatabaseTest {

    private static final Duration LIMIT = Duration.ofMillis(2500); // twice a second, and a little

    private FaultyDataSource faulty;
    private JdbcStore store;

    @BeforeEach
    void begin() {
        faulty = new FaultyDataSource(pool);
        store(); // makes the table
        store = opened(JdbcStore.builder(faulty, new JdbcTransactionManager(faulty))
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
        faulty.onConnect = () -> {};
    }

    @Test
    void store_startsWhileTheDatabaseIsDown_andWorksLater() throws Exception {
        takeDown();

        store.verify();
        store.verifyHistory(
                () -> {
                    throw new AssertionError("no transaction to save it in");
                },
                () -> true,
                () -> {});
        assertThatThrownBy(() -> get(store.agent("a").tryAcquire("s", "r1/1")))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(DataAccessException.class);
        assertThatThrownBy(() -> store.exclusively("s", () -> "never")).hasStackTraceContaining("connection refused");

        takeUp();
        acquired(store.agent("a"), "s", "r1/2");
        assertThat(store.<String>exclusively("s", () -> "done")).isEqualTo("done");
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
