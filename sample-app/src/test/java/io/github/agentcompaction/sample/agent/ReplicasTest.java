package io.github.agentcompaction.sample.agent;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.sample.JavaProcess;
import io.github.agentcompaction.sample.SampleApplication;
import io.github.agentcompaction.sample.SampleClient;
import io.github.agentcompaction.sample.model.SharedModel;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import tools.jackson.databind.JsonNode;

/** Two processes of the sample, on one database and one model. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplicasTest {

    private static final int SUBTASKS = 8;
    private static final int TASKS_OVER_BOTH = 2 * (SUBTASKS + 1);

    /** Longer than the room that {@link #fill} leaves. */
    private static final String LEFT = "Left: compare all the ideas above, tell what is good about each, and pick one"
            + " of them, with a reason.";

    private static final String RIGHT = LEFT.replace("Left", "Right");

    private final SharedModel model = new SharedModel();

    private Path directory = Path.of("");
    private String url = "";
    private final List<JavaProcess> processes = new ArrayList<>();
    private SampleClient left;
    private SampleClient right;

    @BeforeAll
    void startBothAtOnce(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path logs) throws Exception {
        directory = logs;
        url = createDatabase();
        URI models = model.start();
        JavaProcess first = start("left", models);
        JavaProcess second = start("right", models);
        left = new SampleClient(first.port());
        right = new SampleClient(second.port());
    }

    @AfterEach
    void letModelRun() {
        model.probe().before(asked -> {});
    }

    @AfterAll
    void stop() throws Exception {
        try {
            Collections.reverse(processes); // the database last
            for (JavaProcess process : processes) {
                process.stop();
            }
        } finally {
            processes.forEach(JavaProcess::close);
            model.close();
            dropDatabase();
        }
    }

    @RepeatedTest(3)
    void allTasksOfBothOverflowTogether_oneSummaryOneNotice_everyMessageOnce() throws Exception {
        String session = "overflow-" + UUID.randomUUID();
        List<String> said = fill(session);
        int summaries = model.probe().summaries();
        double compacted = outcomes("compacted");
        double joined = outcomes("joined");
        CyclicBarrier together = new CyclicBarrier(2 * SUBTASKS);
        model.probe().before(asked -> {
            if (asked.tooLong()) {
                await(together);
            }
        });

        CompletableFuture<JsonNode> first = left.sendAsync(session, question(LEFT));
        CompletableFuture<JsonNode> second = right.sendAsync(session, question(RIGHT));
        List<JsonNode> replies = List.of(first.get(60, SECONDS), second.get(60, SECONDS));

        assertThat(replies.stream()
                        .mapToInt(reply -> reply.path("subtasks").size() + 1)
                        .sum())
                .isEqualTo(TASKS_OVER_BOTH);
        assertThat(model.probe().summaries() - summaries).isEqualTo(1);
        assertThat(outcomes("compacted") - compacted).isEqualTo(1);
        assertThat(outcomes("joined") - joined).isEqualTo(2 * SUBTASKS - 1);
        assertThat(replies).filteredOn(reply -> reply.has("notice")).hasSize(1);
        assertThat(replies)
                .extracting(reply -> reply.path("replica").asString())
                .containsExactly("left", "right");

        List<String> leftFirst = concat(said, turn(LEFT, replies.get(0)), turn(RIGHT, replies.get(1)));
        List<String> rightFirst = concat(said, turn(RIGHT, replies.get(1)), turn(LEFT, replies.get(0)));
        List<String> record = stored("planner/record", session);
        assertThat(record).isIn(leftFirst, rightFirst);
        List<String> memory = stored("planner/memory", session);
        assertThat(memory).first().isEqualTo("user: " + ChatMemoryCompactor.SUMMARY_REQUEST);
        List<String> kept = memory.subList(2, memory.size());
        assertThat(kept)
                .hasSizeGreaterThan(2 * (SUBTASKS + 2))
                .isEqualTo(record.subList(record.size() - kept.size(), record.size()));
        assertThat(left.messages(session, "planner"))
                .isEqualTo(right.messages(session, "planner"))
                .hasSize(record.size() + 1);
    }

    @Test
    void bothAddToOneConversation_everyTurnStaysOnceAndTogether() throws Exception {
        String session = "appends-" + UUID.randomUUID();
        List<String> questions =
                IntStream.range(0, 40).mapToObj(number -> "Question " + number).toList();
        List<CompletableFuture<JsonNode>> replies = new ArrayList<>();
        for (int number = 0; number < questions.size(); number++) {
            SampleClient replica = number % 2 == 0 ? left : right;
            replies.add(replica.sendAsync(session, Map.of("text", questions.get(number))));
        }
        for (CompletableFuture<JsonNode> reply : replies) {
            reply.get(60, SECONDS);
        }

        List<String> record = stored("planner/record", session);
        assertThat(record).hasSize(2 * questions.size());
        List<String> asked = new ArrayList<>();
        for (int i = 0; i < record.size(); i += 2) {
            String question = record.get(i).substring("user: ".length());
            asked.add(question);
            assertThat(record.get(i + 1)).startsWith("assistant: On \"" + question + "\"");
        }
        assertThat(asked).containsExactlyInAnyOrderElementsOf(questions);
        assertThat(stored("planner/memory", session)).isEqualTo(record);
    }

    /** The researcher's advisor knows the window, so the answers of both begin it: one does, and no message waits. */
    @Test
    void sessionOfBothGrowsLong_oneSummaryInTheBackground_everyMessageOnce() throws Exception {
        String session = "background-" + UUID.randomUUID();
        CountDownLatch allAnswered = new CountDownLatch(1);
        model.probe().before(asked -> {
            if (asked.summary()) {
                await(allAnswered);
            }
        });
        int summaries = model.probe().summaries();

        Set<String> said = new HashSet<>();
        for (int turn = 1; turn <= 6; turn++) { // of two times 140 tokens
            Map<String, String> both = Map.of("agent", "researcher", "text", "Turn " + turn + ". " + "x".repeat(430));
            CompletableFuture<JsonNode> first = left.sendAsync(session, both);
            CompletableFuture<JsonNode> second = right.sendAsync(session, both);
            for (JsonNode reply : List.of(first.get(60, SECONDS), second.get(60, SECONDS))) {
                assertThat(reply.has("notice")).isFalse();
            }
            said.add("user: " + both.get("text"));
        }
        allAnswered.countDown();
        Awaitility.await()
                .untilAsserted(() -> assertThat(stored("researcher/memory", session))
                        .first()
                        .isEqualTo("user: " + ChatMemoryCompactor.SUMMARY_REQUEST));
        assertThat(model.probe().summaries() - summaries).isEqualTo(1);

        List<String> record = stored("researcher/record", session);
        assertThat(record).hasSize(24).filteredOn(said::contains).hasSize(12).containsAll(said);
        List<String> memory = stored("researcher/memory", session);
        List<String> kept = memory.subList(2, memory.size());
        assertThat(kept).isNotEmpty().isEqualTo(record.subList(record.size() - kept.size(), record.size()));
        Map<String, String> next = Map.of("agent", "researcher", "text", "And now?");
        assertThat(left.send(session, next).has("notice")).isTrue();
    }

    /** Sends long messages, to one replica and the other, until hardly any room is left in the window; what was said then. */
    private List<String> fill(String session) throws Exception {
        List<String> said = new ArrayList<>();
        int room = 2_000 - 20; // the instruction
        for (int turn = 1; room > 24; turn++) {
            int answer = 24; // tokens, at most
            String begin = "Idea " + turn + ". ";
            int tokens = Math.min(300, room - answer - 4);
            String text = begin + "x".repeat(Math.max(1, 4 * tokens - begin.length()));
            SampleClient replica = turn % 2 == 0 ? left : right;
            JsonNode reply = replica.send(session, Map.of("text", text));
            said.addAll(List.of(
                    "user: " + text, "assistant: " + reply.path("answer").asString()));
            JsonNode context = replica.get("/sessions/" + session).json().path("context");
            room = context.path("window").asInt() - context.path("tokens").asInt();
        }
        return said;
    }

    private static Map<String, Object> question(String text) {
        return Map.of("text", text, "subtasks", SUBTASKS);
    }

    private static List<String> turn(String text, JsonNode reply) {
        List<String> turn = new ArrayList<>();
        turn.add("user: " + text);
        reply.path("subtasks").forEach(finding -> turn.add("assistant: " + finding.asString()));
        turn.add("assistant: " + reply.path("answer").asString());
        return turn;
    }

    private static List<String> concat(List<String> said, List<String> turn, List<String> next) {
        return Stream.of(said, turn, next).flatMap(List::stream).toList();
    }

    /** What is in the database, each message as "role: text". */
    private List<String> stored(String part, String session) {
        DataSource dataSource = new DriverManagerDataSource(url, user(), password());
        List<Message> messages = new NamedRepository(
                        part,
                        JdbcChatMemoryRepository.builder()
                                .dataSource(dataSource)
                                .build())
                .findByConversationId(session);
        return messages.stream()
                .map(message -> message.getMessageType().getValue() + ": " + message.getText())
                .toList();
    }

    private double outcomes(String outcome) throws Exception {
        double sum = 0;
        for (SampleClient replica : List.of(left, right)) {
            sum += replica.count("compaction.compactions", "agent:planner", "outcome:" + outcome);
        }
        return sum;
    }

    private JavaProcess start(String name, URI models) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                SampleApplication.class.getName(),
                "--server.port=0",
                "--spring.ai.openai.base-url=" + models,
                "--spring.ai.openai.api-key=none-needed",
                "--spring.datasource.url=" + url,
                "--spring.datasource.username=" + user(),
                "--spring.datasource.password=" + password(),
                "--compaction.store=jdbc",
                "--compaction.replica=" + name));
        arguments.addAll(settings());
        return start(name, arguments);
    }

    private JavaProcess start(String name, List<String> arguments) throws IOException {
        JavaProcess process = JavaProcess.start(directory, name, arguments);
        processes.add(process);
        return process;
    }

    /** {@return what else the sample is to be told of the database} */
    List<String> settings() {
        return List.of("--compaction.jdbc.initialize-schema=always");
    }

    /** Creates an empty database that nobody else uses. {@return its URL} */
    String createDatabase() throws Exception {
        JavaProcess h2 = start(
                "h2",
                List.of(
                        "-Dh2.bindAddress=127.0.0.1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "org.h2.tools.Server",
                        "-tcp",
                        "-tcpPort",
                        "0",
                        "-ifNotExists"));
        return "jdbc:h2:tcp://127.0.0.1:" + h2.port() + "/mem:replicas;DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=10000";
    }

    void dropDatabase() throws Exception {
        // it was in the memory of its process
    }

    String user() {
        return "sa";
    }

    String password() {
        return "";
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(20, SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }
}
