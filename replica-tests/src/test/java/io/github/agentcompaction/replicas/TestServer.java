package io.github.agentcompaction.replicas;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A server that the processes of a test share, with a store and histories of this test alone. */
interface TestServer extends AutoCloseable {

    enum Kind {
        H2,
        POSTGRESQL("SAMPLE_POSTGRES", "PostgreSQL"),
        MARIADB("SAMPLE_MARIADB", "MariaDB"),
        REDIS;

        final String variable;
        private final String missing;

        Kind() {
            this("", "");
        }

        Kind(String variable, String product) {
            this.variable = variable;
            this.missing = "Skipped, for there is no " + product + ": set " + variable
                    + "_URL to the JDBC URL of a database, and _USER and _PASSWORD if they are not 'sample'";
        }

        boolean isDatabase() {
            return this != REDIS;
        }

        TestServer start() throws Exception {
            switch (this) {
                case REDIS:
                    return new RedisServer();
                case H2:
                    return new DatabaseServer(this);
                default:
                    Assumptions.assumeTrue(System.getenv(variable + "_URL") != null, missing);
                    return new DatabaseServer(this);
            }
        }
    }

    /** {@return what a {@link Replica} needs to know of it} */
    Map<String, String> settings();

    /** {@return what the session ids of this test begin with} */
    String sessions();

    /** {@return the texts of a session's history, read without the code under test} */
    List<String> history(String session);

    /** Ends the server and starts it again. A database keeps what was committed, Redis nothing. */
    void restart() throws Exception;

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted((a, b) -> b.compareTo(a)).map(Path::toFile).forEach(java.io.File::delete);
        }
    }
}
