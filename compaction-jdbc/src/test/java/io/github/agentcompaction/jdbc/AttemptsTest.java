package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.TransientDataAccessResourceException;

/** Work of one that has waited so long before that its time is over. */
class AttemptsTest {

    private final Attempts attempts = new Attempts(Duration.ofSeconds(1));
    private final AtomicInteger made = new AtomicInteger();

    private String late(RuntimeException failure) {
        Supplier<String> work = () -> {
            if (made.incrementAndGet() < 3) {
                throw failure;
            }
            return "done";
        };
        return attempts.run(System.nanoTime() - Duration.ofSeconds(5).toNanos(), work, e -> true);
    }

    @Test
    void late_deadlock_isRepeated() {
        assertThat(late(new CannotAcquireLockException("deadlock", new SQLException("deadlock", "40001", 1213))))
                .isEqualTo("done");
    }

    @Test
    void late_waitForALockThatWasTooLong_isNotRepeated() {
        RuntimeException tooLong = new CannotAcquireLockException("lock", new SQLException("lock", "HY000", 1205));

        assertThatThrownBy(() -> late(tooLong)).isSameAs(tooLong);
        assertThat(made).hasValue(1);
    }

    @Test
    void late_lostConnection_isNotRepeated() {
        RuntimeException lost = new TransientDataAccessResourceException("lost", new SQLException("lost", "08006"));

        assertThatThrownBy(() -> late(lost)).isSameAs(lost);
        assertThat(made).hasValue(1);
    }
}
