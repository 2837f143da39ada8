package io.github.agentcompaction.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The executable jar, started as a process of its own, processed ahead of time. */
class SampleJarIT {

    @TempDir
    private Path directory;

    @Test
    void aheadOfTime_answersAndCompactsAndEndsCleanly_andTheConversationIsStillThereAfterwards() throws Exception {
        try (JavaProcess sample = start("first")) {
            SampleClient client = new SampleClient(sample.port());
            assertThat(sample.output()).contains("Starting AOT-processed SampleApplication");
            client.send("aot", Map.of("text", "Long. " + "x".repeat(4_000)));
            JsonNode reply = client.send("aot", Map.of("text", "Also long. " + "x".repeat(2_400), "subtasks", 2));
            assertThat(reply.path("subtasks")).hasSize(2);
            assertThat(client.send("aot", Map.of("text", "And more. " + "x".repeat(2_000)))
                            .has("notice"))
                    .isTrue();
            assertThat(client.count("compaction.compactions", "agent:planner", "outcome:compacted"))
                    .isEqualTo(1);
            assertThat(client.get("/actuator/compaction").body()).contains("planner", "researcher");
            sample.stop();
            assertThat(sample.output()).doesNotContain("Exception").doesNotContain("xxxx");
        }

        try (JavaProcess again = start("second")) {
            // The first turn's two messages, their summary, the second turn's four, and the third's two.
            assertThat(new SampleClient(again.port()).messages("aot", "planner"))
                    .hasSize(9);
            again.stop();
        }
    }

    private JavaProcess start(String name) throws IOException {
        return JavaProcess.start(
                directory,
                name,
                List.of("-Dspring.aot.enabled=true", "-jar", System.getProperty("sample.jar"), "--server.port=0"));
    }
}
