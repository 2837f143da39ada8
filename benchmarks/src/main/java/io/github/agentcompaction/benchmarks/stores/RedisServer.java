package io.github.agentcompaction.benchmarks.stores;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The {@code redis-server} of the path on a free port of the loopback address; it writes no files, and ends with this process. */
final class RedisServer implements AutoCloseable {

    static final String MISSING = "No redis-server on the path: the locks over Redis are left out.";

    private static final String HOST = "127.0.0.1";
    private static final int START_MILLIS = 20_000;

    private final int port = freePort();
    private final Process process;

    private RedisServer(Path executable) throws IOException {
        process = new ProcessBuilder(List.of(
                        executable.toString(), "--port", "" + port, "--bind", HOST, "--save", "", "--appendonly", "no"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        long deadline = System.nanoTime() + START_MILLIS * 1_000_000L;
        while (!answers()) {
            if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                process.destroyForcibly();
                throw new IOException("redis-server does not start on port " + port);
            }
        }
    }

    /** {@return a new server, if there is one on the path} */
    static Optional<RedisServer> start() throws IOException {
        Optional<Path> executable = Arrays.stream(
                        System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(directory -> Path.of(directory, "redis-server"))
                .filter(Files::isExecutable)
                .findFirst();
        return executable.isEmpty() ? Optional.empty() : Optional.of(new RedisServer(executable.get()));
    }

    int port() {
        return port;
    }

    private boolean answers() {
        try (Socket socket = new Socket(HOST, port)) {
            socket.setSoTimeout(1_000);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            return socket.getInputStream().read() == '+';
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
