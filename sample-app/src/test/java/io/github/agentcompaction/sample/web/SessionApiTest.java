package io.github.agentcompaction.sample.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.sample.SampleClient;
import io.github.agentcompaction.sample.SampleClient.Response;
import io.github.agentcompaction.sample.SampleTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;

/** The web interface: what goes in, what comes out, and what is refused. */
@SampleTest
class SessionApiTest {

    @LocalServerPort
    private int port;

    private SampleClient client;

    @BeforeEach
    void connect() {
        client = new SampleClient(port);
    }

    @Test
    void message_isAnsweredFromTheConversation() throws Exception {
        JsonNode first = client.send("hello", Map.of("text", "My name is Ada."));
        JsonNode second = client.send("hello", Map.of("text", "What is my name?", "subtasks", 2));

        assertThat(first.toString())
                .isEqualTo("{\"answer\":\"On \\\"My name is Ada.\\\": I read 0 messages before it.\",\"subtasks\":[]}");
        assertThat(second.path("answer").asString()).isEqualTo("On \"What is my name?\": I read 2 messages before it.");
        assertThat(client.messages("hello", "planner"))
                .containsExactly(
                        "user: My name is Ada.",
                        "assistant: On \"My name is Ada.\": I read 0 messages before it.",
                        "user: What is my name?",
                        "assistant: On \"Subtask 1 of 2: What is my name?\": I read 2 messages before it.",
                        "assistant: On \"Subtask 2 of 2: What is my name?\": I read 2 messages before it.",
                        "assistant: On \"What is my name?\": I read 2 messages before it.");
    }

    @Test
    void messagesOfOneSessionAtOnce_allStayAndTurnsAreNotMixed() throws Exception {
        List<CompletableFuture<JsonNode>> replies = IntStream.range(0, 12)
                .mapToObj(i -> client.sendAsync("busy", Map.of("text", "Question " + i, "subtasks", 1)))
                .toList();
        for (CompletableFuture<JsonNode> reply : replies) {
            reply.get(60, TimeUnit.SECONDS);
        }

        List<String> messages = client.messages("busy", "planner");
        assertThat(messages).hasSize(12 * 3);
        List<String> questions = new ArrayList<>();
        for (int i = 0; i < messages.size(); i += 3) {
            String question = messages.get(i).substring("user: ".length());
            questions.add(question);
            assertThat(messages.get(i + 1)).startsWith("assistant: On \"Subtask 1 of 1: " + question + "\"");
            assertThat(messages.get(i + 2)).startsWith("assistant: On \"" + question + "\"");
        }
        assertThat(questions)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 12).mapToObj(i -> "Question " + i).toList());
    }

    @Test
    void agents_shareNothing() throws Exception {
        client.send("shared-id", Map.of("text", "For the planner"));
        client.send("shared-id", Map.of("text", "For the researcher", "agent", "researcher"));

        assertThat(client.messages("shared-id", "planner")).hasSize(2).first().isEqualTo("user: For the planner");
        assertThat(client.messages("shared-id", "researcher"))
                .hasSize(2)
                .first()
                .isEqualTo("user: For the researcher");
        assertThat(client.get("/actuator/compaction/planner/shared-id").status())
                .isEqualTo(200);
        assertThat(client.get("/actuator/compaction/researcher/other-id").status())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"text": " "}                            | 'text' must not be blank: it is the message to the agent.
            {}                                       | 'text' must not be blank: it is the message to the agent.
            {"text": "a\\u0000b"}                    | 'text' must not contain the character U+0000: not every database can keep it.
            {"text": "Hi", "subtasks": -1}           | 'subtasks' must be between 0 and 32, but was -1.
            {"text": "Hi", "subtasks": 33}           | 'subtasks' must be between 0 and 32, but was 33.
            {"text": "Hi", "subtasks": "many"}       | 'subtasks' has the wrong type.
            {"text": "Hi", "subtasks": 1.5}          | 'subtasks' has the wrong type.
            {"text": "Hi", "subtask": 1}             | 'subtask' is not known; known are: agent, coordinated, subtasks, text.
            {"text": "Hi", "agent": "painter"}       | 'agent' must be one of: planner, researcher.
            {"text":                                 | The body must be a JSON object such as {"text": "Hello", "subtasks": 2}.
            ["Hi"]                                   | The body must be a JSON object such as {"text": "Hello", "subtasks": 2}.
            """, quoteCharacter = '`')
    void badRequest_saysWhatIsWrong(String body, String detail) throws Exception {
        Response response = client.post("/sessions/bad/messages", body);

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.contentType()).isEqualTo("application/problem+json");
        assertThat(response.json().path("detail").asString()).isEqualTo(detail);
        assertThat(client.get("/sessions/bad").status()).isEqualTo(404);
    }

    @Test
    void badSessionId_saysWhatIsWrong() throws Exception {
        String detail = "The session's id must have 1 to 100 characters and not be blank.";

        assertThat(client.post("/sessions/%20/messages", "{\"text\": \"Hi\"}")
                        .json()
                        .path("detail")
                        .asString())
                .isEqualTo(detail);
        assertThat(client.get("/sessions/" + "x".repeat(101))
                        .json()
                        .path("detail")
                        .asString())
                .isEqualTo(detail);
    }

    @Test
    void longestSessionId_isFine() throws Exception {
        String id = "x".repeat(100);

        client.send(id, Map.of("text", "Hi"));

        assertThat(client.messages(id, "planner")).hasSize(2);
    }

    @Test
    void unknownSession_isNotFound() throws Exception {
        Response response = client.get("/sessions/unknown?agent=researcher");

        assertThat(response.status()).isEqualTo(404);
        assertThat(response.json().path("detail").asString())
                .isEqualTo("The agent researcher has no session unknown yet.");
    }

    @Test
    void actuator_showsHealthMetersAndCompaction() throws Exception {
        assertThat(client.get("/actuator/health").body()).contains("\"status\":\"UP\"", "planner", "researcher");
        assertThat(client.get("/actuator/prometheus").body())
                .contains("compaction_lock_held{agent=\"planner\"")
                .contains("compaction_lock_held{agent=\"researcher\"");
        assertThat(client.get("/actuator/compaction").body()).contains("planner", "researcher");
        assertThat(client.get("/actuator/env").status()).isEqualTo(404);
    }
}
