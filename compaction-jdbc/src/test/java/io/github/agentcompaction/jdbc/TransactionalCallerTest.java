package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;

/** Tasks in a caller's transaction, which holds one connection of the pool. */
class TransactionalCallerTest extends DatabaseTest {

    /** The look for a summary after an answer took a second connection, and five that waited for one held all five. */
    @ParameterizedTest
    @ValueSource(
            ints = {TransactionDefinition.ISOLATION_READ_COMMITTED, TransactionDefinition.ISOLATION_REPEATABLE_READ})
    void execute_20TransactionsOnAPoolOf5_allGetThrough_andNoneSaysThatTheStoreIsDown(int isolation) throws Exception {
        HikariDataSource five = opened(database.pool(name, "", config -> {
            config.setMaximumPoolSize(5);
            config.setConnectionTimeout(3000);
        }));
        JdbcTransactionManager own = new JdbcTransactionManager(five);
        JdbcAgentStore agent = store(five, own).agent("a");
        SessionCompactionState state = SessionCompactionState.builder()
                .agent("a")
                .store(agent)
                .summaries(agent)
                .build();
        CompactionTemplate template =
                CompactionTemplate.builder(state, session -> Optional.empty()).build();
        CapturedLog log = opened(new CapturedLog(SessionCompactionState.class));
        CyclicBarrier allConnectionsTaken = new CyclicBarrier(5);
        ExecutorService tasks = Executors.newFixedThreadPool(20);
        opened(tasks::shutdownNow);

        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String session = "s" + i;
            answers.add(tasks.submit(() -> transaction(own, isolation)
                    .execute(status -> template.execute(session, () -> {
                                await(allConnectionsTaken);
                                return "answer";
                            })
                            .value())));
        }

        for (Future<String> answer : answers) {
            assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo("answer");
        }
        assertThat(log.at(Level.WARNING)).isEmpty();
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void take_inATransaction_getsTheSummary_alsoWhenItIsRolledBack_andOnce() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        get(agent.put("s", "text"));

        readCommitted().executeWithoutResult(status -> {
            status.setRollbackOnly();
            assertThat(now(agent.take("s", "t1"))).contains("text");
            assertThat(now(agent.take("s", "t1"))).as("asked again").contains("text");
            assertThat(now(agent.take("s", "t2"))).isEmpty();
        });

        assertThat(get(agent.take("s", "t2"))).isEmpty();
    }

    @Test
    void peek_inATransaction_answersAtOnce() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        get(agent.put("s", "text"));

        readCommitted().executeWithoutResult(status -> {
            assertThat(agent.peek("s").toCompletableFuture()).isCompleted();
            assertThat(now(agent.peek("s")).orElseThrow().text()).isEqualTo("text");
            assertThat(now(agent.peek("other"))).isEmpty();
        });
    }

    /** There even a SELECT waits for a row, and keeps it locked until the end of the caller's transaction. */
    @Test
    void take_atSerializable_looksElsewhere() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        get(agent.put("s", "text"));
        get(agent.take("s", "t0"));

        transaction(TransactionDefinition.ISOLATION_SERIALIZABLE).executeWithoutResult(status -> {
            assertThat(now(agent.take("s", "t1"))).isEmpty();
            now(agent.put("s", "newer")); // would wait for the lock in vain
        });
    }

    /** After an error PostgreSQL refuses every other statement until the rollback. */
    @Test
    void take_inATransactionThatHasFailed_looksElsewhere() throws Exception {
        assumeThat(database).isEqualTo(TestDatabase.POSTGRESQL);
        JdbcAgentStore agent = store().agent("a");
        get(agent.put("s", "text"));

        readCommitted().executeWithoutResult(status -> {
            status.setRollbackOnly();
            assertThatThrownBy(() -> jdbc.execute("SELECT 1 / 0")).isInstanceOf(DataAccessException.class);
            assertThat(now(agent.take("s", "t1"))).contains("text");
        });
    }

    private static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }
}
