package io.github.agentcompaction.sample.agent;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.sample.SampleClient;
import io.github.agentcompaction.sample.SampleTest;
import io.github.agentcompaction.sample.model.ModelProbe;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;

/** A conversation outgrows the model's window, over HTTP. */
@SampleTest
class OverflowTest {

    /** A turn of this size is 140 tokens, so 14 of them fill the window of 2,000. */
    private static final String FILLER = "lorem ipsum ".repeat(38);

    private static final int TURNS_THAT_FIT = 12;
    private static final int SUBTASKS = 8;

    @Autowired
    private ModelProbe model;

    @LocalServerPort
    private int port;

    private SampleClient client;

    @BeforeEach
    void connect() {
        client = new SampleClient(port);
    }

    @AfterEach
    void letModelRun() {
        model.before(asked -> {});
    }

    @Test
    void eightSubtasksOverflowTogether_oneSummaryOneNoticeNothingLost() throws Exception {
        String session = "together-" + UUID.randomUUID();
        List<String> expected = grow(session);
        AtomicInteger overlong = new AtomicInteger();
        CyclicBarrier together = new CyclicBarrier(SUBTASKS);
        model.before(asked -> {
            if (asked.tooLong()) {
                overlong.incrementAndGet();
                await(together);
            }
        });
        int summaries = model.summaries();
        Meters before = meters("planner");

        String text = "Put it all together. " + FILLER.repeat(3);
        JsonNode reply = client.send(session, Map.of("text", text, "subtasks", SUBTASKS));

        List<String> findings =
                reply.path("subtasks").valueStream().map(JsonNode::asString).toList();
        assertThat(overlong).hasValue(SUBTASKS);
        assertThat(reply.propertyNames()).containsExactly("answer", "subtasks", "notice");
        assertThat(reply.path("answer").asString()).startsWith("On \"Put it all together.");
        assertThat(findings).hasSize(SUBTASKS);
        for (int i = 0; i < SUBTASKS; i++) {
            assertThat(findings.get(i))
                    .startsWith("On \"Subtask " + (i + 1) + " of 8: Put it all together.")
                    .contains("I read a summary and ");
        }
        assertThat(reply.path("notice").asString())
                .startsWith("Earlier messages were summarized: The user said \"Turn 1. lorem");

        assertThat(model.summaries() - summaries).isEqualTo(1);
        Meters after = meters("planner");
        assertThat(after.compacted - before.compacted).isEqualTo(1);
        assertThat(after.joined - before.joined).isEqualTo(SUBTASKS - 1);
        assertThat(after.failed).isZero();
        assertThat(after.stored - before.stored).isEqualTo(1);
        assertThat(after.popped - before.popped).isEqualTo(1);

        expected.add("user: " + text);
        findings.forEach(finding -> expected.add("assistant: " + finding));
        expected.add("assistant: " + reply.path("answer").asString());
        assertThat(withoutSummary(session, "planner")).isEqualTo(expected);

        JsonNode next = client.send(session, Map.of("text", "Thanks."));
        assertThat(next.has("notice")).isFalse();
        assertThat(model.summaries() - summaries).isEqualTo(1);
    }

    @Test
    void turnEndsDuringCompaction_itsMessagesStay() throws Exception {
        String session = "meanwhile-" + UUID.randomUUID();
        List<String> expected = grow(session);
        CountDownLatch quickAsked = new CountDownLatch(1);
        CountDownLatch summaryAsked = new CountDownLatch(1);
        CountDownLatch quickDone = new CountDownLatch(1);
        model.before(asked -> {
            if (asked.summary()) {
                summaryAsked.countDown();
                await(quickDone);
            } else if (asked.question().equals("Quick?")) {
                quickAsked.countDown();
                await(summaryAsked);
            }
        });

        CompletableFuture<JsonNode> quick = client.sendAsync(session, Map.of("text", "Quick?"));
        await(quickAsked);
        String text = "A long one. " + FILLER.repeat(3);
        CompletableFuture<JsonNode> slow = client.sendAsync(session, Map.of("text", text));
        JsonNode quickReply = quick.get(60, SECONDS);
        quickDone.countDown();
        JsonNode slowReply = slow.get(60, SECONDS);

        assertThat(quickReply.has("notice")).isFalse();
        assertThat(slowReply.has("notice")).isTrue();
        expected.add("user: Quick?");
        expected.add("assistant: " + quickReply.path("answer").asString());
        expected.add("user: " + text);
        expected.add("assistant: " + slowReply.path("answer").asString());
        assertThat(withoutSummary(session, "planner")).isEqualTo(expected);
    }

    @Test
    void messageThatNeverFits_saysSoAndIsNotKept() throws Exception {
        String session = "huge-" + UUID.randomUUID();
        client.send(session, Map.of("text", "Hello"));

        SampleClient.Response response =
                client.post("/sessions/" + session + "/messages", "{\"text\": \"" + "x".repeat(9_000) + "\"}");

        assertThat(response.status()).isEqualTo(413);
        assertThat(response.contentType()).isEqualTo("application/problem+json");
        assertThat(response.json().path("detail").asString())
                .isEqualTo("This conversation is too long for the model, and nothing in it can be summarized any more."
                        + " Please send a shorter message, or start a new conversation."
                        + " Its longest message is the user's last one, with 9000 characters.");
        assertThat(client.messages(session, "planner"))
                .containsExactly("user: Hello", "assistant: On \"Hello\": I read 0 messages before it.");
        assertThat(client.send(session, Map.of("text", "Shorter"))
                        .path("answer")
                        .asString())
                .startsWith("On \"Shorter\"");
    }

    @Test
    void newestTurnAsLongAsTheWindow_isNotSummarized_saysSo() throws Exception {
        String session = "wide-" + UUID.randomUUID();
        client.send(session, Map.of("text", "Wide. " + "w".repeat(7_800)));

        SampleClient.Response response =
                client.post("/sessions/" + session + "/messages", "{\"text\": \"And now? " + FILLER + "\"}");

        assertThat(response.status()).isEqualTo(413);
    }

    @Test
    void sameQuestionAsBefore_isAnsweredFromAllThatIsKept() throws Exception {
        String session = "again-" + UUID.randomUUID();
        grow(session);
        Map<String, String> question = Map.of("text", "And this? " + FILLER);
        client.send(session, question);
        client.send(session, question);

        JsonNode reply = client.send(session, question);

        assertThat(reply.has("notice")).isTrue();
        long kept = client.get("/sessions/" + session)
                .json()
                .path("messages")
                .valueStream()
                .filter(message -> !message.path("summarized").asBoolean()
                        && !message.path("role").asString().equals("summary"))
                .count();
        assertThat(reply.path("answer").asString())
                .endsWith("I read a summary and " + (kept - 2) + " messages before it.");
    }

    @Test
    void withoutCoordination_eachSubtaskPays_andTheConversationStaysAsItIs() throws Exception {
        String session = "alone-" + UUID.randomUUID();
        List<String> before = grow(session);
        CyclicBarrier together = new CyclicBarrier(SUBTASKS);
        model.before(asked -> {
            if (asked.tooLong()) {
                await(together);
            }
        });
        int summaries = model.summaries();
        double calls = summarizerCalls(false);
        Meters meters = meters("planner");

        String text = "Put it all together. " + FILLER.repeat(3);
        JsonNode reply = client.send(session, Map.of("text", text, "subtasks", SUBTASKS, "coordinated", false));

        assertThat(reply.propertyNames()).containsExactly("answer", "subtasks", "notices");
        assertThat(reply.path("notices")).hasSize(SUBTASKS);
        assertThat(model.summaries() - summaries).isEqualTo(SUBTASKS);
        assertThat(summarizerCalls(false) - calls).isEqualTo(SUBTASKS);
        assertThat(meters("planner")).isEqualTo(meters);
        assertThat(client.messages(session, "planner")).isEqualTo(before);
        assertThat(client.messages(session, "planner", false)).contains("user: " + text);

        String other = "The same with coordination. " + FILLER.repeat(3);
        JsonNode coordinated = client.send(session, Map.of("text", other, "subtasks", SUBTASKS));

        assertThat(coordinated.propertyNames()).containsExactly("answer", "subtasks", "notice");
        assertThat(model.summaries() - summaries).isEqualTo(SUBTASKS + 1);
        assertThat(client.messages(session, "planner", false)).isEqualTo(client.messages(session, "planner"));
    }

    /** Its advisor knows the window: each answer comes while the summary is held up, and the notice comes with a later one. */
    @Test
    void researcher_isSummarizedInTheBackground_noMessageWaits() throws Exception {
        String session = "background-" + UUID.randomUUID();
        CountDownLatch allAnswered = new CountDownLatch(1);
        model.before(asked -> {
            if (asked.summary()) {
                await(allAnswered);
            }
        });
        double paid = client.count("sample.summarizer.calls", "agent:researcher", "coordinated:true");
        double compacted = meters("researcher").compacted;

        List<String> expected = new ArrayList<>();
        for (int turn : IntStream.rangeClosed(1, TURNS_THAT_FIT).toArray()) {
            JsonNode reply = say(session, "researcher", "Turn " + turn + ". " + FILLER, expected);
            assertThat(reply.has("notice")).isFalse();
        }
        allAnswered.countDown();
        Awaitility.await()
                .untilAsserted(() -> assertThat(meters("researcher").compacted).isEqualTo(compacted + 1));
        assertThat(client.count("sample.summarizer.calls", "agent:researcher", "coordinated:true"))
                .isEqualTo(paid + 1);

        assertThat(say(session, "researcher", "And now?", expected).has("notice"))
                .isTrue();
        assertThat(withoutSummary(session, "researcher")).isEqualTo(expected);
    }

    private double summarizerCalls(boolean coordinated) throws Exception {
        return client.count("sample.summarizer.calls", "agent:planner", "coordinated:" + coordinated);
    }

    /** Fills a session of the planner until the next long message cannot fit; what is in it then. */
    private List<String> grow(String session) throws Exception {
        int summaries = model.summaries();
        List<String> said = new ArrayList<>();
        for (int turn : IntStream.rangeClosed(1, TURNS_THAT_FIT).toArray()) {
            say(session, "planner", "Turn " + turn + ". " + FILLER, said);
        }
        assertThat(model.summaries()).isEqualTo(summaries);
        return said;
    }

    private JsonNode say(String session, String agent, String text, List<String> said) throws Exception {
        JsonNode reply = client.send(session, Map.of("text", text, "agent", agent));
        said.add("user: " + text);
        said.add("assistant: " + reply.path("answer").asString());
        return reply;
    }

    private List<String> withoutSummary(String session, String agent) throws Exception {
        List<String> messages = new ArrayList<>(client.messages(session, agent));
        assertThat(messages)
                .filteredOn(message -> message.startsWith("summary: "))
                .hasSize(1);
        messages.removeIf(message -> message.startsWith("summary: "));
        return messages;
    }

    private Meters meters(String agent) throws Exception {
        String tag = "agent:" + agent;
        return new Meters(
                client.count("compaction.compactions", tag, "outcome:compacted"),
                client.count("compaction.compactions", tag, "outcome:joined"),
                client.count("compaction.compactions", tag, "outcome:failed"),
                client.count("compaction.summaries", tag, "event:stored"),
                client.count("compaction.summaries", tag, "event:popped"));
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(60, SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Meters(double compacted, double joined, double failed, double stored, double popped) {}
}
