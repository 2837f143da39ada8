package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.store.LeaseGrant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** How those that wait for a lease hear that it is free. */
class ReleaseTest extends DatabaseTest {

    private final BlockingQueue<String> signals = new LinkedBlockingQueue<>();

    @Test
    void onReleased_releaseAbandonOrCommit_ofAnotherReplica_isTold() throws Exception {
        JdbcAgentStore here = store().agent("a");
        JdbcAgentStore there = store().agent("a");
        opened(there.onReleased(signals::add));

        LeaseGrant grant = acquired(here, "sé 1", "r1/1");
        assertThat(isBusy(get(there.tryAcquire("sé 1", "r2/1")))).isTrue();
        get(here.release(grant, false));
        assertThat(signals.poll(5, TimeUnit.SECONDS)).isEqualTo("sé 1");

        acquired(here, "s2", "r1/2");
        get(there.tryAcquire("s2", "r2/2"));
        get(here.abandon("s2", "r1/2"));
        assertThat(signals.poll(5, TimeUnit.SECONDS)).isEqualTo("s2");

        LeaseGrant third = acquired(here, "s3", "r1/3");
        get(there.tryAcquire("s3", "r2/3"));
        here.commit(third, () -> {});
        assertThat(signals.poll(5, TimeUnit.SECONDS)).isEqualTo("s3");
        assertThat(signals).isEmpty();
    }

    @Test
    void onReleased_leaseThatExpires_orWhoseRowIsDeleted_isTold() throws Exception {
        JdbcAgentStore here =
                store(pool, manager, b -> b.lease(Duration.ofSeconds(2))).agent("a");
        JdbcAgentStore there = store().agent("a");
        opened(there.onReleased(signals::add));

        acquired(here, "expires", "r1/1");
        get(there.tryAcquire("expires", "r2/1"));
        assertThat(signals.poll(5, TimeUnit.SECONDS)).isEqualTo("expires");

        acquired(here, "deleted", "r1/2");
        get(there.tryAcquire("deleted", "r2/2"));
        jdbc.update("DELETE FROM " + prefix + "session");
        assertThat(signals.poll(5, TimeUnit.SECONDS)).isEqualTo("deleted");
    }

    @Test
    void onReleased_otherAgentOrClosed_isNotTold() throws Exception {
        JdbcStore store = store();
        JdbcAgentStore agent = store.agent("a");
        Queue<String> others = new ConcurrentLinkedQueue<>();
        opened(store.agent("b").onReleased(others::add));
        AutoCloseable closed = agent.onReleased(others::add);
        opened(agent.onReleased(session -> {
            throw new IllegalStateException("a listener that throws");
        }));
        opened(agent.onReleased(signals::add));
        closed.close();

        LeaseGrant grant = acquired(agent, "s", "r1/1");
        get(agent.tryAcquire("s", "r2/1"));
        get(agent.release(grant, false));

        assertThat(signals.poll(5, TimeUnit.SECONDS)).isEqualTo("s");
        assertThat(others).isEmpty();
    }

    /** 300 waiting sessions: one thread, which asks in batches; none before and none long after. */
    @Test
    void poller_isOneThread_thatEnds() throws Exception {
        CountingDataSource counting = new CountingDataSource(pool);
        JdbcStore store = store(counting, new JdbcTransactionManager(counting), b -> b.listen(false));
        JdbcAgentStore agent = store.agent("a");
        opened(agent.onReleased(signals::add));
        List<LeaseGrant> grants = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            grants.add(acquired(agent, "s" + i, "r1/1"));
        }
        assertThat(pollers()).isZero();

        for (int i = 0; i < 300; i++) {
            get(agent.tryAcquire("s" + i, "r2/1"));
            assertThat(pollers()).isLessThanOrEqualTo(1);
        }
        Awaitility.await().until(() -> pollers() == 1);
        for (LeaseGrant grant : grants) {
            get(agent.release(grant, false));
        }

        for (int i = 0; i < 300; i++) {
            assertThat(signals.poll(5, TimeUnit.SECONDS)).isNotNull();
        }
        int connections = counting.connections.get();
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> pollers() == 0);
        assertThat(counting.connections.get())
                .as("queries while nothing waited")
                .isEqualTo(connections);
    }

    /** With 50 ms, 100 ms, 200 ms and so on, up to a second, it asks some seven times in three seconds. */
    @Test
    void poller_asksLessAndLessOften() throws Exception {
        CountingDataSource counting = new CountingDataSource(pool);
        JdbcStore store = store(counting, new JdbcTransactionManager(counting), b -> b.listen(false));
        JdbcAgentStore agent = store.agent("a");
        opened(agent.onReleased(signals::add));
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        get(agent.tryAcquire("s", "r2/1"));
        int before = counting.connections.get();

        Awaitility.await()
                .pollDelay(Duration.ofSeconds(3))
                .atMost(Duration.ofSeconds(5))
                .until(() -> true);

        assertThat(counting.connections.get() - before).isBetween(4, 8);
        get(agent.release(grant, false));
        assertThat(signals.poll(5, TimeUnit.SECONDS)).isEqualTo("s");
    }

    @Test
    void sessions_nobodyListensFor_areNotPolled() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        acquired(agent, "s", "r1/1");

        get(agent.tryAcquire("s", "r2/1"));

        assertThat(pollers()).isZero();
    }

    /** After some seconds the poll comes once a second; what PostgreSQL tells comes at once. */
    @Test
    void listen_onPostgres_isQuickerThanThePoll() throws Exception {
        assumeThat(database).as("a database that tells").isEqualTo(TestDatabase.POSTGRESQL);
        JdbcAgentStore here = store().agent("a");
        JdbcAgentStore there = store().agent("a");
        opened(there.onReleased(signals::add));
        List<Duration> delays = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            LeaseGrant grant = acquired(here, "s" + i, "r1/1");
            get(there.tryAcquire("s" + i, "r2/1"));
            Awaitility.await().pollDelay(Duration.ofMillis(1700)).until(() -> true); // the polls are a second apart now

            long start = System.nanoTime();
            get(here.release(grant, false));
            assertThat(signals.poll(5, TimeUnit.SECONDS)).isEqualTo("s" + i);
            delays.add(Duration.ofNanos(System.nanoTime() - start));
        }
        assertThat(delays).allMatch(delay -> delay.toMillis() < 200);
    }

    /** The connection that listens is killed: all are told that they may have missed something. */
    @Test
    void listen_reconnects_andSaysSo() throws Exception {
        assumeThat(database).as("a database that tells").isEqualTo(TestDatabase.POSTGRESQL);
        CapturedLog log = opened(new CapturedLog());
        JdbcAgentStore here = store().agent("a");
        JdbcAgentStore there = store().agent("a");
        CountDownLatch missed = new CountDownLatch(1);
        opened(there.onReleased(session -> {
            if (session == null) {
                missed.countDown();
            } else {
                signals.add(session);
            }
        }));
        LeaseGrant grant = acquired(here, "s", "r1/1");
        get(there.tryAcquire("s", "r2/1"));
        String listening = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN \"" + prefix + "%'";
        Awaitility.await()
                .until(() -> !jdbc.queryForList(listening, Integer.class).isEmpty());

        jdbc.queryForList(listening, Integer.class).forEach(pid -> kill(jdbc, pid));

        assertThat(missed.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(log.at(Level.WARNING)).isEmpty();
        assertThat(log.at(Level.INFO))
                .hasSize(2)
                .first()
                .asString()
                .matches(
                        "The connection that hears of released leases is lost \\(.+, SQLState 57P01\\); until it is back, .*");
        assertThat(log.at(Level.INFO)).last().isEqualTo("The connection that hears of released leases is back.");
        get(here.release(grant, false));
        assertThat(signals.poll(5, TimeUnit.SECONDS)).isEqualTo("s");
    }

    @Test
    void listen_holdsNoConnection_whenNothingWaits() throws Exception {
        assumeThat(database).as("a database that tells").isEqualTo(TestDatabase.POSTGRESQL);
        JdbcAgentStore agent = store().agent("a");
        opened(agent.onReleased(signals::add));
        LeaseGrant grant = acquired(agent, "s", "r1/1");
        get(agent.tryAcquire("s", "r2/1"));
        Awaitility.await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 1);

        get(agent.release(grant, false));

        Awaitility.await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
        assertThat(jdbc.queryForList("SELECT pg_listening_channels()", String.class))
                .isEmpty();
    }

    /** What listens would keep everything else from the database. */
    @Test
    void listen_onAPoolOfOne_pauses_andSaysSoOnce() throws Exception {
        assumeThat(database).as("a database that tells").isEqualTo(TestDatabase.POSTGRESQL);
        CapturedLog log = opened(new CapturedLog());
        HikariDataSource one = opened(database.pool(name, "", config -> {
            config.setMaximumPoolSize(1);
            config.setConnectionTimeout(20_000);
        }));
        JdbcAgentStore agent = store(one, new JdbcTransactionManager(one)).agent("a");
        opened(agent.onReleased(signals::add));

        for (int i = 0; i < 2; i++) {
            String session = "s" + i;
            LeaseGrant grant = acquired(agent, session, "r1/1");
            get(agent.tryAcquire(session, "r2/1"));
            Awaitility.await().until(() -> !log.at(Level.WARNING).isEmpty());

            assertThat(get(agent.inspect(session)).owner()).contains("r1/1");
            get(agent.release(grant, false));
            assertThat(signals.poll(5, TimeUnit.SECONDS)).isEqualTo(session);
        }
        assertThat(log.at(Level.WARNING)).singleElement().asString().contains("two are free for this");
    }

    private static long pollers() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey().getName().startsWith("compaction-jdbc-"))
                .filter(thread -> List.of(thread.getValue()).stream()
                        .anyMatch(frame -> frame.getClassName().equals(ReleasePoller.class.getName())))
                .count();
    }

    private static final class CountingDataSource extends FaultyDataSource {

        final AtomicInteger connections = new AtomicInteger();

        CountingDataSource(javax.sql.DataSource target) {
            super(target);
            onConnect = connections::incrementAndGet;
        }
    }
}
