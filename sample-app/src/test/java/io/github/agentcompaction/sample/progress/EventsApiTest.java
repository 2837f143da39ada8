package io.github.agentcompaction.sample.progress;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.sample.SampleClient;
import io.github.agentcompaction.sample.SampleTest;
import io.github.agentcompaction.sample.model.ModelProbe;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the tasks are doing, over HTTP. */
@SampleTest
class EventsApiTest {

    private static final String SECRET = "The secret is 4711. ";

    private static final String SUMMARIZED =
            "summarized: \\{\"outcome\":\"compacted\",\"took\":\\d+,\"tokensBefore\":\\d+,"
                    + "\"tokensAfter\":\\d+,\"promptTokens\":\\d+,\"completionTokens\":\\d+}";

    @Autowired
    private ModelProbe model;

    @Autowired
    private TaskEvents events;

    @Autowired
    @Qualifier("planner")
    private CompactionTemplate planner;

    @LocalServerPort
    private int port;

    private final HttpClient http = HttpClient.newHttpClient();
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
    void overflow_isToldTaskByTask_withoutAnyText() throws Exception {
        String session = "told-" + UUID.randomUUID();
        for (int turn = 0; turn < 3; turn++) {
            client.send(session, Map.of("text", SECRET + "x".repeat(2_300)));
        }
        CountDownLatch both = new CountDownLatch(2);
        model.before(asked -> {
            if (asked.tooLong()) {
                both.countDown();
                awaitLatch(both);
            }
        });
        try (Listening listening = listen(session)) {
            client.send(session, Map.of("text", SECRET.repeat(60), "subtasks", 2));

            List<String> told = listening.untilEnd();
            assertThat(told).first().asString().matches("run: \\{\"run\":\\d+,\"subtasks\":2,\"coordinated\":true}");
            assertThat(states(told, 0)).containsExactly("running", "answered");
            assertThat(List.of(states(told, 1), states(told, 2)))
                    .allSatisfy(states ->
                            assertThat(states).startsWith("running", "waiting").endsWith("retrying", "answered"))
                    .filteredOn(states -> states.contains("compacting"))
                    .hasSize(1);
            assertThat(told).last().asString().matches("end: \\{\"run\":\\d+,\"summaries\":1,\"at\":\\d+}");
            assertThat(told)
                    .filteredOn(event -> event.startsWith("summar"))
                    .satisfiesExactly(
                            event -> assertThat(event).isEqualTo("summarizing: {}"),
                            event -> assertThat(event).matches(SUMMARIZED));
            assertThat(told).noneSatisfy(event -> assertThat(event).containsAnyOf("secret", "4711"));
        }
    }

    @Test
    void listenerDuringAMessage_getsItsEventsFromTheBeginning_listenerAfterwards_getsNone() throws Exception {
        String session = "later-" + UUID.randomUUID();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        model.before(question -> {
            asked.countDown();
            awaitLatch(goOn);
        });
        CompletableFuture<JsonNode> reply = client.sendAsync(session, Map.of("text", "Hello"));
        awaitLatch(asked);

        try (Listening late = listen(session)) {
            goOn.countDown();
            reply.get(60, SECONDS);
            assertThat(states(late.untilEnd(), 0)).containsExactly("running", "answered");
        }

        try (Listening later = listen(session)) {
            client.send(session, Map.of("text", "Again"));
            List<String> told = later.untilEnd();
            assertThat(told).filteredOn(event -> event.startsWith("run: ")).hasSize(1);
        }
    }

    /** No message is being worked on: the page that listens is told all the same, and one that connects meanwhile. */
    @Test
    void summaryInTheBackground_isToldToo() throws Exception {
        String session = "background-" + UUID.randomUUID();
        for (int turn = 0; turn < 3; turn++) {
            client.send(session, Map.of("text", SECRET + "x".repeat(2_300)));
        }
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        model.before(question -> {
            asked.countDown();
            awaitLatch(goOn);
        });
        try (Listening listening = listen(session)) {
            CompletableFuture<CompactionOutcome> summary = planner.compactInBackground(
                    session, planner.state().getLock(session).epoch(), Duration.ZERO);
            awaitLatch(asked);
            assertThat(listening.events.poll(60, SECONDS)).isEqualTo("summarizing: {}");
            try (Listening late = listen(session)) {
                assertThat(late.events.poll(60, SECONDS)).isEqualTo("summarizing: {}");
                goOn.countDown();

                assertThat(summary.get(60, SECONDS)).isEqualTo(CompactionOutcome.COMPACTED);
                assertThat(late.events.poll(60, SECONDS)).matches(SUMMARIZED);
                assertThat(listening.events.poll(60, SECONDS)).matches(SUMMARIZED);
            }
        }

        try (Listening afterwards = listen(session)) {
            client.send(session, Map.of("text", "Hello"));
            assertThat(afterwards.untilEnd()).noneMatch(event -> event.startsWith("summar"));
        }
    }

    @Test
    void failure_isToldToo() throws Exception {
        String session = "failing-" + UUID.randomUUID();
        try (Listening listening = listen(session)) {
            assertThat(client.post("/sessions/" + session + "/messages", "{\"text\": \"" + "x".repeat(9_000) + "\"}")
                            .status())
                    .isEqualTo(413);

            assertThat(states(listening.untilEnd(), 0)).containsExactly("running", "waiting", "failed");
        }
    }

    @Test
    void otherSessionOrAgent_isNotTold() throws Exception {
        String session = "mine-" + UUID.randomUUID();
        try (Listening listening = listen(session)) {
            client.send("not-" + session, Map.of("text", "Hello"));
            client.send(session, Map.of("text", "Hello", "agent", "researcher"));
            client.send(session, Map.of("text", "Hello"));

            assertThat(listening.untilEnd())
                    .filteredOn(event -> event.startsWith("run: "))
                    .hasSize(1);
            assertThat(listening.events).isEmpty();
        }
    }

    @Test
    void browserThatHasGone_isForgotten() throws Exception {
        String session = "gone-" + UUID.randomUUID();
        int before = events.listeners();
        Listening listening = listen(session);
        assertThat(events.listeners()).isEqualTo(before + 1);

        listening.close();

        await().atMost(Duration.ofSeconds(30)).until(() -> {
            client.send(session, Map.of("text", "Still there?")); // only a write notices
            return events.listeners() <= before;
        });
    }

    @Test
    void stop_endsStreams_andAfterAnotherStartThereAreNewOnes() throws Exception {
        String session = "restarted-" + UUID.randomUUID();
        try (Listening cutOff = listen(session)) {
            events.stop();

            assertThat(cutOff.untilClosed()).isTrue();
            assertThat(events.isRunning()).isFalse();
            client.send(session, Map.of("text", "Without a listener"));
        } finally {
            events.start();
        }
        try (Listening again = listen(session)) {
            client.send(session, Map.of("text", "With a listener"));
            assertThat(states(again.untilEnd(), 0)).containsExactly("running", "answered");
        }
    }

    @Test
    void badSession_saysWhatIsWrong() throws Exception {
        assertThat(client.get("/sessions/s/events?agent=painter")
                        .json()
                        .path("detail")
                        .asString())
                .isEqualTo("'agent' must be one of: planner, researcher.");
        assertThat(client.get("/sessions/%20/events").status()).isEqualTo(400);
    }

    @Test
    void page_mayLoadNothingFromElsewhere() throws Exception {
        HttpResponse<String> page = http.send(HttpRequest.newBuilder(uri("/")).build(), BodyHandlers.ofString());

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy ->
                        assertThat(policy).startsWith("default-src 'self';").doesNotContain("unsafe", "http", "*"));
        assertThat(page.body())
                .contains("<script type=\"module\" src=\"page.js\">")
                .doesNotContain("http:", "https:");
    }

    private Listening listen(String session) throws Exception {
        HttpResponse<InputStream> response = http.send(
                HttpRequest.newBuilder(uri("/sessions/" + session + "/events")).build(), BodyHandlers.ofInputStream());
        assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream");
        Listening listening = new Listening(response.body());
        assertThat(listening.events.poll(60, SECONDS)).isEqualTo("comment: listening");
        return listening;
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    private static List<String> states(List<String> told, int task) {
        return told.stream()
                .filter(event -> event.startsWith("task: "))
                .map(event -> JsonMapper.shared().readTree(event.substring("task: ".length())))
                .filter(event -> event.path("task").asInt() == task)
                .map(event -> event.path("state").asString())
                .toList();
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A stream of events, each as "kind: data". */
    private static final class Listening implements AutoCloseable {

        final BlockingQueue<String> events = new LinkedBlockingQueue<>();
        private final CountDownLatch closed = new CountDownLatch(1);
        private final InputStream stream;

        Listening(InputStream stream) {
            this.stream = stream;
            Thread reader = new Thread(this::read, "listening");
            reader.setDaemon(true);
            reader.start();
        }

        /** All events up to the end of a message. */
        List<String> untilEnd() throws InterruptedException {
            Stream.Builder<String> told = Stream.builder();
            String event;
            do {
                event = events.poll(60, SECONDS);
                assertThat(event).as("an event").isNotNull();
                told.add(String.valueOf(event));
            } while (!String.valueOf(event).startsWith("end: "));
            return told.build().toList();
        }

        boolean untilClosed() throws InterruptedException {
            return closed.await(60, SECONDS);
        }

        private void read() {
            try {
                StringBuilder block = new StringBuilder();
                for (int next = stream.read(); next >= 0; next = stream.read()) {
                    block.append((char) next); // ASCII only: events carry no text
                    if (block.toString().endsWith("\n\n")) {
                        events.add(event(block.toString()));
                        block.setLength(0);
                    }
                }
            } catch (IOException e) {
                // closed by this side
            }
            closed.countDown();
        }

        private static String event(String block) {
            String kind = "comment";
            String data = "";
            for (String line : block.split("\n")) {
                String value = line.substring(line.indexOf(':') + 1);
                if (line.startsWith("event:")) {
                    kind = value;
                } else if (line.startsWith("data:") || line.startsWith(":")) {
                    data = value;
                }
            }
            return kind + ": " + data;
        }

        @Override
        public void close() throws IOException {
            stream.close();
        }
    }
}
