package io.github.agentcompaction.sample;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The executable jar, started as a process of its own, processed ahead of time. */
class SampleJarIT {

    private static final Pattern STARTED = Pattern.compile("Tomcat started on port (\\d+)");

    @TempDir
    private Path directory;

    @Test
    void aheadOfTime_answersAndCompactsAndEndsCleanly_andTheConversationIsStillThereAfterwards() throws Exception {
        Path log = directory.resolve("first.log");
        Process sample = start(log);
        try {
            SampleClient client = new SampleClient(port(sample, log));
            assertThat(log).content().contains("Starting AOT-processed SampleApplication");
            client.send("aot", Map.of("text", "Long. " + "x".repeat(4_000)));
            JsonNode reply = client.send("aot", Map.of("text", "Also long. " + "x".repeat(2_400), "subtasks", 2));
            assertThat(reply.path("subtasks")).hasSize(2);
            assertThat(client.send("aot", Map.of("text", "And more. " + "x".repeat(2_000)))
                            .has("notice"))
                    .isTrue();
            assertThat(client.count("compaction.compactions", "agent:planner", "outcome:compacted"))
                    .isEqualTo(1);
            assertThat(client.get("/actuator/compaction").body()).contains("planner", "researcher");
        } finally {
            stop(sample);
        }
        assertThat(log).content().doesNotContain("Exception").doesNotContain("xxxx");

        Path secondLog = directory.resolve("second.log");
        Process again = start(secondLog);
        try {
            // The first turn's two messages, their summary, the second turn's four, and the third's two.
            assertThat(new SampleClient(port(again, secondLog)).messages("aot", "planner"))
                    .hasSize(9);
        } finally {
            stop(again);
        }
    }

    private Process start(Path log) throws IOException {
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dspring.aot.enabled=true",
                        "-jar",
                        System.getProperty("sample.jar"),
                        "--server.port=0"))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private static int port(Process sample, Path log) {
        return await().atMost(Duration.ofMinutes(2))
                .failFast("the sample ended: see its output", () -> !sample.isAlive())
                .until(
                        () -> {
                            Matcher started = STARTED.matcher(Files.readString(log));
                            return started.find() ? Integer.parseInt(started.group(1)) : 0;
                        },
                        port -> port > 0);
    }

    /** Ends the process with SIGTERM, as {@code kill} does, and expects the exit code that the signal gives. */
    private static void stop(Process sample) throws InterruptedException {
        sample.destroy();
        assertThat(sample.waitFor(60, SECONDS)).isTrue();
        assertThat(sample.exitValue()).isEqualTo(143);
    }
}
