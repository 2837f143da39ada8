package io.github.agentcompaction.replicas;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/** A {@link Replica} in a JVM of its own. */
final class ReplicaProcess implements AutoCloseable {

    /** Each replica lives in another one: no time of a server is ever read as a local one. */
    private static final List<String> ZONES = List.of("Asia/Tokyo", "America/New_York", "Europe/Lisbon");

    final String name;
    private final Checker checker;
    private final Path log;
    private final Process process;
    private final OutputStream commands;

    /** @param number tells the replicas of a test apart, from 0 */
    ReplicaProcess(TestServer server, Checker checker, int number, Map<String, String> settings) throws IOException {
        this(server, checker, number, settings, Map.of());
    }

    ReplicaProcess(
            TestServer server,
            Checker checker,
            int number,
            Map<String, String> settings,
            Map<String, String> environment)
            throws IOException {
        this.name = "p" + number;
        this.checker = checker;
        this.log = Files.createTempFile("replica-" + name + "-", ".log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1", // it lives for seconds
                "-Duser.timezone=" + ZONES.get(number % ZONES.size()),
                "-cp",
                System.getProperty("java.class.path"),
                Replica.class.getName()));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        process = builder.start();
        commands = process.getOutputStream();
        Map<String, String> all = new HashMap<>(server.settings());
        all.put("name", name);
        all.put("checker", "" + checker.port());
        all.put("lease", "30000");
        all.put("commandTimeout", "10000");
        all.putAll(settings);
        StringBuilder text = new StringBuilder();
        all.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
        send(text.toString()); // and an empty line
    }

    void awaitReady() throws InterruptedException {
        await("ready");
    }

    void await(String state) throws InterruptedException {
        process.onExit()
                .thenRun(() -> checker.state(name, state)
                        .completeExceptionally(new AssertionError(this + " has ended, and printed " + output())));
        Checker.await(checker.state(name, state));
    }

    /** Sends a line that {@link Replica} understands. */
    void send(String command) {
        try {
            commands.write((command + "\n").getBytes(StandardCharsets.UTF_8));
            commands.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("It has ended, and printed " + output(), e);
        }
    }

    void kill() {
        process.destroyForcibly();
        process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
    }

    /** Returns when all its threads stand still: the signal reaches them one after another. */
    void freeze() throws Exception {
        signal("-STOP");
        Awaitility.await("a frozen " + this)
                .atMost(Checker.LIMIT)
                .pollInterval(Duration.ofMillis(10))
                .until(this::isFrozen);
    }

    private boolean isFrozen() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc", "" + process.pid(), "task"))) {
            return threads.allMatch(thread -> stat(thread).contains(") T "));
        }
    }

    private static String stat(Path thread) {
        try {
            return Files.readString(thread.resolve("stat"));
        } catch (IOException e) {
            return ""; // it has just ended
        }
    }

    void resume() throws Exception {
        signal("-CONT");
    }

    static void assumeFreezing() {
        Assumptions.assumeTrue(
                Files.isDirectory(Path.of("/proc/self/task")),
                "Skipped, for this system has no /proc in which to see that a process is frozen");
    }

    private void signal(String name) throws Exception {
        Process kill = new ProcessBuilder("kill", name, "" + process.pid()).start();
        if (kill.waitFor() != 0) {
            throw new IllegalStateException("kill " + name + " failed");
        }
    }

    String output() {
        try {
            String all = Files.readString(log);
            return all.isEmpty() ? "nothing" : all.substring(Math.max(0, all.length() - 4_000));
        } catch (IOException e) {
            return "nothing that can be read: " + e;
        }
    }

    @Override
    public void close() throws IOException {
        kill(); // ends a frozen process, too
        Files.deleteIfExists(log);
    }

    @Override
    public String toString() {
        return "replica " + name;
    }
}
