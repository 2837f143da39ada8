package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.zaxxer.hikari.HikariDataSource;
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
import java.util.concurrent.CompletionStage;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** Packets that are swallowed, as by a firewall: no error comes, and no end of a statement's time limit either. */
class SilentNetworkTest extends DatabaseTest {

    @Test
    void calls_onASilentNetwork_failInTime_andTheThreadsComeBack() throws Exception {
        assumeThat(database).as("a database behind a network").isNotEqualTo(TestDatabase.H2);
        Relay relay = opened(new Relay(URI.create(database.url(name).substring("jdbc:".length()))));
        HikariDataSource relayed = opened(database.pool(name, "", config -> {
            config.setJdbcUrl(config.getJdbcUrl().replaceFirst(":\\d+/", ":" + relay.port() + "/"));
            config.setConnectionTimeout(3000);
            config.setValidationTimeout(250);
            // The pool's own thread, in a handshake with a silent server, has the limits of its driver only.
            if (database == TestDatabase.POSTGRESQL) {
                config.addDataSourceProperty("loginTimeout", "2");
                config.addDataSourceProperty("cancelSignalTimeout", "1");
            } else {
                config.addDataSourceProperty("connectTimeout", "2000");
            }
        }));
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

    /** Hands bytes on in both directions, until it is silent; what was connected then stays so. */
    private static final class Relay implements AutoCloseable {

        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final List<Socket> sockets = new ArrayList<>();
        volatile boolean silent;

        Relay(URI target) throws IOException {
            start(() -> {
                while (true) {
                    Socket client = server.accept();
                    Socket database = new Socket(target.getHost(), target.getPort());
                    synchronized (sockets) {
                        sockets.add(client);
                        sockets.add(database);
                    }
                    start(() -> copy(client.getInputStream(), database.getOutputStream()));
                    start(() -> copy(database.getInputStream(), client.getOutputStream()));
                }
            });
        }

        int port() {
            return server.getLocalPort();
        }

        private void copy(InputStream from, OutputStream to) throws IOException {
            byte[] bytes = new byte[8192];
            boolean swallow = false;
            for (int n = from.read(bytes); n >= 0; n = from.read(bytes)) {
                swallow = swallow || silent;
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
