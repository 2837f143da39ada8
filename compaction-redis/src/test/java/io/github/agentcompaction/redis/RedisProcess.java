package io.github.agentcompaction.redis;

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
import redis.embedded.core.ExecutableProvider;

/**
 * A Redis on a free port of the loopback address, also for the tests of other modules: the {@code redis-server} of the path, or
 * else that of embedded-redis. Where neither runs, the tests are skipped.
 */
public final class RedisProcess implements AutoCloseable {

    static final String HOST = "127.0.0.1";

    private static final Optional<Path> EXECUTABLE =
            program("redis-server").or(RedisProcess::embedded).filter(RedisProcess::runs);

    private final int port = freePort();
    private final List<String> options;

    private @Nullable Path directory;
    private @Nullable Process process;

    /** @param options more for the command line */
    public RedisProcess(String... options) {
        this.options = List.of(options);
    }

    public int port() {
        return port;
    }

    boolean isStarted() {
        return process != null;
    }

    /** Starts it, empty. */
    public void start() {
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

    /** Ends it at once; all data are lost. */
    public void stop() {
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

    @Override
    public void close() {
        stop();
    }

    /** Sends a signal, such as {@code -STOP}. */
    void signal(String name) {
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

    private static int freePort() {
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
