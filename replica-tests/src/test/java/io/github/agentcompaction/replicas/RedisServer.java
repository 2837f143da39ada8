package io.github.agentcompaction.replicas;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import redis.embedded.core.ExecutableProvider;

/** A Redis of the test's own: the {@code redis-server} of the path, or else that of embedded-redis. Keeps nothing on disk. */
final class RedisServer implements TestServer {

    static final Optional<Path> EXECUTABLE = executable();

    private final String sessions = "r" + UUID.randomUUID().toString().substring(0, 8) + "-s";
    private final int port = TestServer.freePort();
    private final Path directory = Files.createTempDirectory("replicas-redis");
    private final RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", port));
    private Process process;

    RedisServer() throws IOException {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> process.destroyForcibly()));
        start();
    }

    private void start() throws IOException {
        process = new ProcessBuilder(
                        EXECUTABLE.orElseThrow().toString(),
                        "--port",
                        "" + port,
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        "",
                        "--appendonly",
                        "no",
                        "--dir",
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("server.log").toFile())
                .start();
        Awaitility.await("a Redis on port " + port)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .until(this::answers);
    }

    private boolean answers() {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(1_000);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            return socket.getInputStream().read() == '+';
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public Map<String, String> settings() {
        return Map.of("redis", "" + port);
    }

    @Override
    public String sessions() {
        return sessions;
    }

    @Override
    public List<String> history(String session) {
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            return connection.sync().lrange(RedisHistory.key(session), 0, -1);
        }
    }

    /** All data are lost. */
    @Override
    public void restart() throws Exception {
        stop();
        start();
    }

    private void stop() {
        process.destroyForcibly();
        process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() throws Exception {
        client.shutdown(0, 2, TimeUnit.SECONDS);
        stop();
        TestServer.delete(directory);
    }

    private static Optional<Path> executable() {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(place -> Path.of(place, "redis-server"))
                .filter(Files::isExecutable)
                .findFirst()
                .or(RedisServer::embedded)
                .filter(RedisServer::runs);
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
}
