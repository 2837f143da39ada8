package io.github.agentcompaction.sample;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A JVM that a test starts, and that tells its port in what it prints. */
public final class JavaProcess implements AutoCloseable {

    private static final Pattern PORT = Pattern.compile("(?:Tomcat started on port |running at tcp://[^:]+:)(\\d+)");

    private final Process process;
    private final Path log;

    private JavaProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Starts a JVM with these arguments, and prints what it says into a log. */
    public static JavaProcess start(Path directory, String name, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        Path log = directory.resolve(name + ".log");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new JavaProcess(process, log);
    }

    /** Waits until it listens. */
    public int port() {
        return await().atMost(Duration.ofMinutes(2))
                .failFast("the process ended, see " + log, () -> !process.isAlive())
                .until(
                        () -> {
                            Matcher started = PORT.matcher(output());
                            return started.find() ? Integer.parseInt(started.group(1)) : 0;
                        },
                        port -> port > 0);
    }

    public String output() throws IOException {
        return Files.readString(log);
    }

    /** Ends the process with SIGTERM, as {@code kill} does, and expects the exit code that the signal gives. */
    public void stop() throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(60, SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(143);
    }

    /** Ends the process if it still runs. */
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
