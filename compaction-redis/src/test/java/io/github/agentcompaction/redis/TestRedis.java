package io.github.agentcompaction.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import redis.embedded.core.ExecutableProvider;

/**
 * A Redis of a test class, on a free port of the loopback address, without any data at the start of each test. It is the
 * {@code redis-server} of the path, or else that of embedded-redis; where neither runs, the tests are skipped.
 */
final class TestRedis implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

    static final String HOST = "127.0.0.1";

    private static final Optional<Path> EXECUTABLE = executable();

    private final List<String> options;
    private final List<AutoCloseable> ofTest = new ArrayList<>();
    private final int port = freePort();

    private int classes;
    private @Nullable Path directory;
    private @Nullable Process process;
    private @Nullable RedisClient adminClient;
    private @Nullable StatefulRedisConnection<String, String> admin;

    TestRedis(String... options) {
        this.options = List.of(options);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        if (classes++ == 0) { // nested classes come here, too
            start();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        if (process == null) {
            start();
        }
        admin().flushall();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        resume();
        for (int i = ofTest.size() - 1; i >= 0; i--) {
            ofTest.get(i).close();
        }
        ofTest.clear();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (--classes > 0) {
            return;
        }
        stop();
        if (adminClient != null) {
            adminClient.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    int port() {
        return port;
    }

    /** {@return commands for the test itself} */
    RedisCommands<String, String> admin() {
        return adminConnection().sync();
    }

    private StatefulRedisConnection<String, String> adminConnection() {
        if (admin == null) {
            RedisURI uri = RedisURI.create(HOST, port);
            adminClient = RedisClient.create(Connections.RESOURCES, uri);
            admin = adminClient.connect();
        }
        return admin;
    }

    /** {@return a started factory, which is closed after the test} */
    LettuceConnectionFactory connections() {
        return connections(port);
    }

    LettuceConnectionFactory connections(int toPort) {
        return closedAfterTest(Connections.to(toPort));
    }

    /** {@return a store that is closed after the test, with connections of its own: a replica} */
    RedisStore replica() {
        return replica(connections());
    }

    /** {@return a store that is patient, so that a machine under load is no failure} */
    RedisStore replica(ReactiveRedisConnectionFactory connections) {
        return replica(connections, Duration.ofSeconds(15));
    }

    RedisStore replica(ReactiveRedisConnectionFactory connections, Duration commandTimeout) {
        return closedAfterTest(RedisStore.builder(connections)
                .namespace("test")
                .commandTimeout(commandTimeout)
                .build());
    }

    <T extends AutoCloseable> T closedAfterTest(T resource) {
        ofTest.add(resource);
        return resource;
    }

    LettuceConnectionFactory closedAfterTest(LettuceConnectionFactory connections) {
        ofTest.add(connections::destroy);
        return connections;
    }

    /** {@return how many connections have subscribed this channel here} */
    long subscribers(String channel) {
        return admin().pubsubNumsub(channel).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /** Starts the server, empty. */
    void start() {
        Assumptions.assumeTrue(
                EXECUTABLE.isPresent(),
                "Skipped: there is no redis-server on the path, and that of embedded-redis does not run here");
        try {
            directory = Files.createTempDirectory("test-redis");
            List<String> command =
                    new ArrayList<>(List.of(EXECUTABLE.orElseThrow().toString()));
            command.addAll(List.of("--port", "" + port, "--bind", HOST, "--save", "", "--appendonly", "no"));
            command.addAll(List.of("--dir", directory.toString()));
            command.addAll(options);
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("log").toFile())
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            Awaitility.await("a Redis on port " + port)
                    .atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(20))
                    .until(this::answers);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the server at once; all data are lost. */
    void stop() {
        if (process != null) {
            process.destroyForcibly();
            process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
            process = null;
        }
        if (directory != null) {
            delete(directory);
            directory = null;
        }
    }

    /** Freezes the server: it keeps its connections, and answers nothing. */
    void freeze() {
        signal("-STOP");
    }

    void resume() {
        if (process != null) {
            signal("-CONT");
        }
    }

    private void signal(String name) {
        try {
            Process kill = new ProcessBuilder(
                            "kill", name, "" + Objects.requireNonNull(process).pid())
                    .start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("kill " + name + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private boolean answers() {
        if (!Objects.requireNonNull(process).isAlive()) {
            throw new IllegalStateException("redis-server ended at once: " + log());
        }
        try (Socket socket = new Socket(HOST, port)) {
            socket.setSoTimeout(1_000);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            return socket.getInputStream().read() == '+';
        } catch (IOException e) {
            return false;
        }
    }

    private String log() {
        try {
            return Files.readString(Objects.requireNonNull(directory).resolve("log"));
        } catch (IOException e) {
            return "no log";
        }
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return a program of the path, such as redis-cli} */
    static Optional<Path> program(String name) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static Optional<Path> executable() {
        return program("redis-server").or(TestRedis::embedded).filter(TestRedis::runs);
    }

    private static Optional<Path> embedded() {
        try {
            return Optional.of(ExecutableProvider.newJarResourceProvider().get().toPath());
        } catch (Exception noneForThisMachine) {
            return Optional.empty();
        }
    }

    private static boolean runs(Path executable) {
        try {
            Process version = new ProcessBuilder(executable.toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            return version.waitFor(10, TimeUnit.SECONDS) && version.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted((a, b) -> b.compareTo(a)).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
