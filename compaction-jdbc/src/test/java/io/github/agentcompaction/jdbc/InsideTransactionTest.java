package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.CompactionException;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A service that answers inside a transaction learns so before it has paid for a summary, or waits for another replica. */
@Timeout(60)
class InsideTransactionTest {

    @Test
    void compact_insideATransaction_isRefusedBeforeTheModelIsAsked() {
        try (HikariDataSource pool = TestDatabase.H2.pool("inside", "", config -> {});
                JdbcStore store = JdbcStore.builder(pool, new JdbcTransactionManager(pool))
                        .build()) {
            store.initialize();
            JdbcAgentStore agent = store.agent("planner");
            AtomicInteger paid = new AtomicInteger();
            SessionCompactionState state = SessionCompactionState.builder()
                    .agent("planner")
                    .store(agent)
                    .summaries(agent)
                    .build();
            CompactionTemplate template = CompactionTemplate.builder(
                            state, session -> Optional.of("summary " + paid.incrementAndGet()))
                    .build();
            TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(pool));

            for (int i = 0; i < 4; i++) {
                assertThatThrownBy(() -> transaction.executeWithoutResult(status -> template.compact("s")))
                        .isInstanceOf(CompactionException.class)
                        .hasMessageContaining("Compact outside of @Transactional methods");
            }
            assertThat(paid).hasValue(0);

            for (int i = 0; i < 4; i++) {
                CompactionOutcome inBackground = transaction.execute(status ->
                        template.compactInBackground("s", 0, Duration.ZERO).join());
                assertThat(inBackground).isEqualTo(CompactionOutcome.FAILED);
            }
            assertThat(paid).hasValue(0);

            String answer = transaction.execute(
                    status -> template.execute("s", () -> "no overflow").value());
            assertThat(answer).isEqualTo("no overflow");
            assertThat(template.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);
        }
    }
}
