package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;

/** What a stage fails with when the database does not answer in time. */
class StoreThreadsTest {

    private final CountDownLatch end = new CountDownLatch(1);
    private final StoreThreads threads = new StoreThreads(Duration.ofSeconds(1));

    @AfterEach
    void close() {
        end.countDown();
        threads.close();
    }

    /** As HikariCP does, which tries to connect for longer than the store waits, and has the reason as a cause. */
    @Test
    void timeout_namesTheFailureBefore_withoutItsText_untilTheDatabaseAnswers() throws Exception {
        SQLException refused = new SQLException("text of the driver", "08001", new ConnectException("text"));
        assertThatThrownBy(() -> call(() -> {
                    throw new CannotGetJdbcConnectionException(
                            "no connection", new SQLTransientConnectionException("text of the pool", refused));
                }))
                .hasCauseInstanceOf(CannotGetJdbcConnectionException.class);

        assertThatThrownBy(() -> call(this::hang))
                .hasCauseInstanceOf(QueryTimeoutException.class)
                .hasMessageContaining("Before, it failed with java.net.ConnectException, SQLState 08001")
                .hasMessageNotContaining("text");

        assertThat(call(() -> "answer")).isEqualTo("answer");
        assertThatThrownBy(() -> call(this::hang))
                .hasCauseInstanceOf(QueryTimeoutException.class)
                .hasMessageNotContaining("Before");
    }

    /** What is no failure of the database says nothing about it. */
    @Test
    void timeout_afterAnotherFailure_namesNone() {
        assertThatThrownBy(() -> call(() -> {
                    throw new IllegalStateException("a bug");
                }))
                .hasMessageContaining("a bug");

        assertThatThrownBy(() -> call(this::hang)).hasMessageContaining("PT1S").hasMessageNotContaining("Before");
    }

    private String hang() {
        try {
            end.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return "late";
    }

    private String call(Supplier<String> work) throws Exception {
        return threads.submit(work, late -> {}).toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
}
