package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** When the poll gets no connection while another one listens. */
class ReleasePollerTest {

    private final ScriptedListener listener = new ScriptedListener();

    @Test
    void poll_thatGetsItsConnectionWhenTheListenersIsBack_endsTheListening() {
        try (Polling polling = new Polling(new PoolOfOne(null))) {
            Awaitility.await().until(() -> listener.givenUp.get() > 0);
        }

        assertThat(listener.opened).hasValue(1);
    }

    /** A database that is down gives no connection either way. */
    @Test
    void poll_thatGetsNone_listensAgainLater() {
        try (Polling polling =
                new Polling(new PoolOfOne(new SQLTransientConnectionException("request timed out", "08001")))) {
            Awaitility.await().until(() -> listener.opened.get() > 1);
        }

        assertThat(listener.givenUp).hasValue(0);
    }

    /** A poller of one waiting session. */
    private final class Polling implements AutoCloseable {

        private final WaitingSessions sessions = new WaitingSessions();
        private final StoreThreads threads = new StoreThreads(Duration.ofSeconds(5));
        private final ReleasePoller poller;

        Polling(PoolOfOne pool) {
            poller = new ReleasePoller(
                    sessions,
                    new Database(pool, Duration.ofSeconds(1)),
                    new Tables("compaction_", null),
                    threads,
                    listener);
            sessions.listen("a", session -> {});
            sessions.add(RowKey.of("a", "s"), "s");
            poller.newcomer();
        }

        @Override
        public void close() {
            poller.close();
            threads.close();
        }
    }

    /** Gives no connection before the listener has given back its own. */
    private final class PoolOfOne extends DelegatingDataSource {

        private final @Nullable SQLException failure;

        PoolOfOne(@Nullable SQLException failure) {
            super(h2());
            this.failure = failure;
        }

        @Override
        public Connection getConnection() throws SQLException {
            try {
                listener.closed.await();
            } catch (InterruptedException e) {
                throw new SQLException(e);
            }
            if (failure != null) {
                throw failure;
            }
            return super.getConnection();
        }
    }

    private static JdbcDataSource h2() {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setUrl("jdbc:h2:mem:");
        return h2;
    }

    /** Listens, and hears nothing. */
    private static final class ScriptedListener implements SignalListener {

        final AtomicInteger opened = new AtomicInteger();
        final AtomicInteger givenUp = new AtomicInteger();
        final CountDownLatch closed = new CountDownLatch(1);
        private boolean open;

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public boolean open() {
            if (!open && givenUp.get() == 0) {
                open = true;
                opened.incrementAndGet();
            }
            return false;
        }

        @Override
        public void giveUp() {
            givenUp.incrementAndGet();
        }

        @Override
        public void close() {
            open = false;
            closed.countDown();
        }
    }
}
