package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.store.LeaseGrant;
import io.github.agentcompaction.store.StoredSession;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** Packets that are swallowed, as by a firewall: no error comes, and no end of a statement's time limit either. */
class SilentNetworkTest extends DatabaseTest {

    @Test
    void calls_onASilentNetwork_failInTime_andTheThreadsComeBack() throws Exception {
        assumeThat(database).as("a database behind a network").isNotEqualTo(TestDatabase.H2);
        Relay relay = relay();
        HikariDataSource relayed = pool(relay, 250);
        JdbcAgentStore agent = store(
                        relayed, new JdbcTransactionManager(relayed), b -> b.commandTimeout(Duration.ofSeconds(1)))
                .agent("a");
        acquired(agent, "s", "r1/1");

        relay.silent = true;
        List<CompletionStage<StoredSession>> calls = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < 8; i++) {
            calls.add(agent.inspect("s"));
        }
        for (CompletionStage<StoredSession> call : calls) {
            assertThatThrownBy(() -> get(call)).hasCauseInstanceOf(DataAccessException.class);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));

        relay.silent = false; // for new connections
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> get(agent.inspect("s")).owner().isPresent());
    }

    /**
     * The connection that listens waits for an answer to UNLISTEN: when nothing waits any more, or when a poll waits long for its
     * own connection, because the pool looks for long whether one is alive.
     */
    @ParameterizedTest
    @ValueSource(ints = {250, 1700})
    void listener_onASilentNetwork_givesItsConnectionBack_andHoldsUpNoPoll(int validationMillis) throws Exception {
        assumeThat(database).as("a database that tells").isEqualTo(TestDatabase.POSTGRESQL);
        BlockingQueue<String> signals = new LinkedBlockingQueue<>();
        Relay relay = relay();
        HikariDataSource relayed = pool(relay, validationMillis);
        JdbcAgentStore here = store().agent("a");
        JdbcAgentStore there = store(
                        relayed, new JdbcTransactionManager(relayed), b -> b.commandTimeout(Duration.ofSeconds(1)))
                .agent("a");
        opened(there.onReleased(signals::add));
        LeaseGrant first = acquired(here, "s1", "r1/1");
        get(there.tryAcquire("s1", "r2/1"));
        Awaitility.await().until(() -> relayed.getHikariPoolMXBean().getActiveConnections() == 1);

        relay.silenceOpen();
        get(here.release(first, false));

        assertThat(signals.poll(8, TimeUnit.SECONDS)).isEqualTo("s1");
        Awaitility.await()
                .atMost(Duration.ofSeconds(8))
                .until(() -> relayed.getHikariPoolMXBean().getActiveConnections() == 0);
        LeaseGrant second = acquired(here, "s2", "r1/2");
        get(there.tryAcquire("s2", "r2/2"));
        get(here.release(second, false));
        assertThat(signals.poll(3, TimeUnit.SECONDS)).isEqualTo("s2");
    }

    private Relay relay() throws IOException {
        return opened(new Relay(URI.create(database.url(name).substring("jdbc:".length()))));
    }

    private HikariDataSource pool(Relay relay, int validationMillis) {
        return opened(database.pool(name, "", config -> {
            config.setJdbcUrl(config.getJdbcUrl().replaceFirst(":\\d+/", ":" + relay.port() + "/"));
            config.setConnectionTimeout(3000);
            config.setValidationTimeout(validationMillis);
            // The pool's own thread, in a handshake with a silent server, has the limits of its driver only.
            if (database == TestDatabase.POSTGRESQL) {
                config.addDataSourceProperty("loginTimeout", "2");
                config.addDataSourceProperty("cancelSignalTimeout", "1");
            } else {
                config.addDataSourceProperty("connectTimeout", "2000");
            }
        }));
    }

    /** Hands bytes on in both directions, until it is silent; what was connected then stays so. */
    private static final class Relay implements AutoCloseable {

        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final List<Socket> sockets = new ArrayList<>();
        volatile boolean silent;
        private volatile int silenced;

        Relay(URI target) throws IOException {
            start(() -> {
                while (true) {
                    Socket client = server.accept();
                    Socket database = new Socket(target.getHost(), target.getPort());
                    int number;
                    synchronized (sockets) {
                        sockets.add(client);
                        sockets.add(database);
                        number = sockets.size();
                    }
                    start(() -> copy(client.getInputStream(), database.getOutputStream(), number));
                    start(() -> copy(database.getInputStream(), client.getOutputStream(), number));
                }
            });
        }

        int port() {
            return server.getLocalPort();
        }

        /** Swallows from now on what comes over the connections that are open, and hands on what comes over new ones. */
        void silenceOpen() {
            synchronized (sockets) {
                silenced = sockets.size();
            }
        }

        private void copy(InputStream from, OutputStream to, int number) throws IOException {
            byte[] bytes = new byte[8192];
            boolean swallow = false;
            for (int n = from.read(bytes); n >= 0; n = from.read(bytes)) {
                swallow = swallow || silent || number <= silenced;
                if (!swallow) {
                    to.write(bytes, 0, n);
                }
            }
        }

        private static void start(Step step) {
            Thread thread = new Thread(() -> {
                try {
                    step.run();
                } catch (IOException closed) {
                    // The test is over, or the other side has gone.
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void close() throws IOException {
            server.close();
            synchronized (sockets) {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }

        private interface Step {
            void run() throws IOException;
        }
    }
}
