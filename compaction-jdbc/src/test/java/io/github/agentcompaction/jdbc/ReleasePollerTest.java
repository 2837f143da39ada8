package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** When the poll gets no connection while another one listens. */
class ReleasePollerTest {

    private final ScriptedListener listener = new ScriptedListener();
    private final AtomicLong minutesLater = new AtomicLong();
    private final ListenPause pause =
            new ListenPause(() -> Duration.ofMinutes(minutesLater.get()).toNanos());

    @Test
    void poll_thatGetsItsConnectionWhenTheListenersIsBack_pausesTheListening() {
        try (Polling polling = new Polling(new PoolOfOne(null))) {
            Awaitility.await().until(() -> !pause.isOver());
            Awaitility.await().during(Duration.ofMillis(1500)).until(() -> listener.opened.get() == 1);

            minutesLater.set(1);
            polling.waitFor("later");

            Awaitility.await().until(() -> listener.opened.get() == 2);
        }
    }

    /** A database that is down gives no connection either way. */
    @Test
    void poll_thatGetsNone_listensAgainLater() {
        try (Polling polling =
                new Polling(new PoolOfOne(new SQLTransientConnectionException("request timed out", "08001")))) {
            Awaitility.await().until(() -> listener.opened.get() > 1);
        }

        assertThat(pause.isOver()).isTrue();
    }

    /** UNLISTEN then waits for an answer that never comes. */
    @Test
    void listener_whoseConnectionDoesNotComeBack_holdsUpNoPoll() throws Exception {
        CountDownLatch silent = new CountDownLatch(1);
        listener.silentNetwork = () -> await(silent);
        AtomicInteger connections = new AtomicInteger();
        JdbcDataSource h2 = h2();
        h2.setUrl(TestDatabase.H2.url("poller"));
        JdbcStore.builder(h2, new JdbcTransactionManager(h2)).build().initialize();
        FaultyDataSource slowAtFirst = new FaultyDataSource(h2);
        slowAtFirst.onConnect = () -> {
            if (connections.incrementAndGet() == 1) {
                await(listener.disconnected);
            }
        };
        try (Polling polling = new Polling(slowAtFirst)) {
            assertThat(polling.told.poll(10, TimeUnit.SECONDS)).isEqualTo("s");

            polling.waitFor("later");

            assertThat(polling.told.poll(2, TimeUnit.SECONDS)).isEqualTo("later");
            silent.countDown();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A poller of one waiting session. */
    private final class Polling implements AutoCloseable {

        final BlockingQueue<String> told = new LinkedBlockingQueue<>();
        private final WaitingSessions sessions = new WaitingSessions();
        private final StoreThreads threads = new StoreThreads(Duration.ofSeconds(5));
        private final ReleasePoller poller;

        Polling(DataSource pool) {
            poller = new ReleasePoller(
                    sessions,
                    new Database(pool, Duration.ofSeconds(1)),
                    new Tables("compaction_", null),
                    threads,
                    listener,
                    pause);
            sessions.listen("a", told::add);
            waitFor("s");
        }

        void waitFor(String session) {
            sessions.add(RowKey.of("a", session), session);
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
        final CountDownLatch disconnected = new CountDownLatch(1);
        final CountDownLatch closed = new CountDownLatch(1);
        volatile Runnable silentNetwork = () -> {};
        private boolean open;

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public boolean open() {
            if (!open) {
                open = true;
                opened.incrementAndGet();
            }
            return false;
        }

        @Override
        public Runnable disconnect() {
            open = false;
            disconnected.countDown();
            return () -> {
                silentNetwork.run();
                closed.countDown();
            };
        }
    }
}
