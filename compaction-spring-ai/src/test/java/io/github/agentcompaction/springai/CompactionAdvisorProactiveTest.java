package io.github.agentcompaction.springai;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.CompactionException;
import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.tokenizer.JTokkitTokenCountEstimator;
import org.springframework.ai.tool.function.FunctionToolCallback;
import reactor.core.Disposable;

/** Compaction ahead of the model's error. */
@Timeout(60)
class CompactionAdvisorProactiveTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final SmallWindowModel model = new SmallWindowModel();
    private final CompactedMemory memory = new CompactedMemory();
    private final SessionCompactionState state =
            SessionCompactionState.builder().agent("planner").build();
    private final CompactionTemplate template = CompactionTemplate.builder(state, memory)
            .lockTimeout(Duration.ofMillis(100))
            .build();

    {
        model.window = 10_000;
    }

    /** The window is 400 characters, of which 200 may be used. */
    private final ChatClient client = client(CompactionAdvisor.builder(template, memory)
            .proactive(400, 0.5)
            .tokenCountEstimator(new Characters())
            .build());

    private ChatClient client(CompactionAdvisor advisor) {
        return ChatClient.builder(model)
                .defaultAdvisors(
                        advisor, MessageChatMemoryAdvisor.builder(memory).build())
                .build();
    }

    private static ChatClient.ChatClientRequestSpec ask(ChatClient client, String question) {
        return client.prompt().user(question).advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"));
    }

    @Test
    void call_promptWithinTheShare_isLeftAlone() {
        memory.fill("s", 8); // 24 characters each

        ask(client, "x".repeat(200 - 8 * 24)).call().content();

        assertThat(memory.compactions).hasValue(0);
    }

    @Test
    void call_oneTokenOverTheShare_compacts() {
        memory.fill("s", 8);

        ask(client, "x".repeat(200 - 8 * 24 + 1)).call().content();

        assertThat(memory.compactions).hasValue(1);
    }

    @Test
    void call_promptOverTheShare_compactsBeforeTheModelIsAsked() {
        memory.fill("s", 10);

        var response = ask(client, "new?").call().chatClientResponse();

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts).hasSize(1);
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
        assertThat(response.context()).containsEntry(CompactionAdvisor.SUMMARY, "summary 1");
        assertThat(memory.texts("s")).containsExactly("[summary]", "summary 1", "new?", "answer to new?");
    }

    @Test
    void call_offUnlessSet() {
        memory.fill("s", 100);

        ask(client(CompactionAdvisor.builder(template, memory).build()), "new?")
                .call()
                .content();

        assertThat(memory.compactions).hasValue(0);
    }

    @Test
    void call_longMessageWithoutHistory_isLeftToTheModel() {
        ask(client, "x".repeat(500)).call().content();

        assertThat(memory.compactions).hasValue(0);
    }

    @Test
    void call_stillTooLongAfterACompaction_isTriedOnce() {
        memory.fill("s", 10);

        ask(client, "x".repeat(500)).call().content();

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts).hasSize(1);
    }

    @Test
    void call_nothingLeftToCompact_asksTheModel() {
        memory.fill("s", 1);
        memory.kept = 10;

        assertThat(ask(client, "x".repeat(500)).call().content()).startsWith("answer to");
    }

    @Test
    void call_compactorFails_asksTheModelAndLogsNoText() {
        memory.fill("s", 10);
        memory.summarizing = () -> {
            throw new IllegalStateException("about question 1");
        };

        try (LoggedWarnings log = new LoggedWarnings(CompactionTemplate.class);
                LoggedWarnings second = new LoggedWarnings(CompactionAdvisor.class)) {
            assertThat(ask(client, "new?").call().content()).isEqualTo("answer to new?");

            assertThat(log.texts)
                    .singleElement()
                    .asString()
                    .contains("the compactor threw java.lang.IllegalStateException")
                    .doesNotContain("question");
            assertThat(second.texts).isEmpty();
        }
        assertThat(model.lastPrompt()).hasSize(21);
    }

    @Test
    void call_compactorFailsAndTheModelRefuses_isToldSo() {
        memory.fill("s", 10);
        model.window = 200;
        memory.summarizing = () -> {
            throw new IllegalStateException("down");
        };

        try (LoggedWarnings log = new LoggedWarnings(CompactionTemplate.class)) {
            assertThatThrownBy(() -> ask(client, "new?").call().content())
                    .isInstanceOf(CompactionFailedException.class);
            assertThat(log.texts).hasSize(2);
        }
        assertThat(memory.compactions).hasValue(2);
    }

    @Test
    void call_anotherCompactionTakesTooLong_asksTheModel() throws InterruptedException {
        memory.fill("s", 10);

        try (SessionLock.Lease lease = state.getLock("s").acquire();
                LoggedWarnings log = new LoggedWarnings(CompactionAdvisor.class)) {
            assertThat(ask(client, "new?").call().content()).isEqualTo("answer to new?");

            assertThat(log.texts).singleElement().asString().contains("was not compacted ahead");
        }
        assertThat(memory.compactions).hasValue(0);
    }

    @Test
    void call_interruptedWhileItCompactsAhead_doesNotAskTheModel() throws InterruptedException {
        memory.fill("s", 10);

        try (SessionLock.Lease lease = state.getLock("s").acquire()) {
            Thread.currentThread().interrupt();

            assertThatThrownBy(() -> ask(client, "new?").call().content()).isInstanceOf(CompactionException.class);
            assertThat(Thread.interrupted()).isTrue();
        } finally {
            Thread.interrupted(); // the next test has the same thread
        }
        assertThat(model.prompts).isEmpty();
    }

    @Test
    void call_duringTheCooldown_warnsOfTheFailureOnly() {
        memory.fill("s", 10);
        memory.summarizing = () -> {
            throw new IllegalStateException("down");
        };
        CompactionTemplate cooling =
                CompactionTemplate.builder(state, memory).maxFailures(1).build();
        ChatClient client = client(CompactionAdvisor.builder(cooling, memory)
                .proactive(400, 0.5)
                .tokenCountEstimator(new Characters())
                .build());

        try (LoggedWarnings log = new LoggedWarnings(CompactionTemplate.class);
                LoggedWarnings second = new LoggedWarnings(CompactionAdvisor.class)) {
            ask(client, "new?").call().content();
            ask(client, "more?").call().content();
            ask(client, "most?").stream().content().blockLast(LIMIT);

            assertThat(log.texts).hasSize(1);
            assertThat(second.texts).isEmpty();
        }
        assertThat(memory.compactions).hasValue(1);
    }

    @Test
    void call_estimatorFails_asksTheModel() {
        memory.fill("s", 10);
        ChatClient broken = client(CompactionAdvisor.builder(template, memory)
                .proactive(400, 0.5)
                .tokenCountEstimator(new JTokkitTokenCountEstimator() {
                    @Override
                    public int estimate(@Nullable String text) {
                        throw new IllegalStateException("cannot count " + text);
                    }
                })
                .build());

        try (LoggedWarnings log = new LoggedWarnings(CompactionAdvisor.class)) {
            assertThat(ask(broken, "new?").call().content()).isEqualTo("answer to new?");
            assertThat(ask(broken, "more?").stream().content().collectList().block(LIMIT))
                    .containsExactly("answer", " to", " more?");

            assertThat(log.texts) // before each call and after each answer
                    .hasSize(4)
                    .noneMatch(text -> text.contains("count"));
        }
    }

    @Test
    void call_compactedByAnotherWhileItCounts_doesNotPayAgain() {
        memory.fill("s", 10);
        AtomicInteger counted = new AtomicInteger();
        ChatClient slow = client(CompactionAdvisor.builder(template, memory)
                .proactive(400, 0.5)
                .tokenCountEstimator(new JTokkitTokenCountEstimator() {
                    @Override
                    public int estimate(@Nullable String text) {
                        if (counted.incrementAndGet() == 1) {
                            template.compact("s");
                        }
                        return 100;
                    }
                })
                .build());

        ask(slow, "new?").call().content();

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
    }

    @Test
    void call_defaultEstimator_countsTokens() {
        ChatClient counting = client(
                CompactionAdvisor.builder(template, memory).proactive(100, 1).build());
        memory.add("s", List.of(new UserMessage("word ".repeat(80)), new AssistantMessage("well")));
        ask(counting, "new?").call().content(); // 400 characters and about 84 tokens
        assertThat(memory.compactions).hasValue(0);

        ask(counting, "word ".repeat(80)).call().content();
        assertThat(memory.compactions).hasValue(1);
    }

    @Test
    void call_toolRoundThatFillsTheWindow_compactsBetweenTheRounds() {
        memory.fill("s", 5);
        AtomicInteger runs = new AtomicInteger();
        model.answers = prompt -> prompt.getInstructions().stream().anyMatch(ToolResponseMessage.class::isInstance)
                ? new AssistantMessage("done")
                : AssistantMessage.builder()
                        .toolCalls(List.of(new AssistantMessage.ToolCall("1", "function", "lookUp", "{}")))
                        .build();

        ask(client, "new?")
                .tools(FunctionToolCallback.builder("lookUp", () -> {
                            runs.incrementAndGet();
                            return "r".repeat(90);
                        })
                        .description("looks up")
                        .build())
                .call()
                .content();

        assertThat(runs).hasValue(1);
        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts).hasSize(2);
        assertThat(model.lastPrompt())
                .containsExactly("[summary]", "summary 1", "new?", "call lookUp", "result \"" + "r".repeat(90) + "\"");
    }

    @Test
    void calls_atOneInstant_payOnce() throws Exception {
        memory.fill("s", 40);
        memory.kept = 8;
        memory.summarizing = () -> await().atMost(LIMIT).until(() -> state.waitingCount() == 7);
        CompactionTemplate patient = CompactionTemplate.builder(state, memory).build();
        ChatClient eager = client(CompactionAdvisor.builder(patient, memory)
                .proactive(1000, 0.5)
                .tokenCountEstimator(new Characters())
                .build());
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Future<?>> calls = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String question = "part " + i;
            calls.add(threads.submit(() -> ask(eager, question).call().content()));
        }
        for (Future<?> call : calls) {
            call.get(60, SECONDS);
        }
        threads.shutdown();

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts)
                .hasSize(8)
                .allMatch(prompt ->
                        SmallWindowModel.texts(prompt.getInstructions()).contains("summary 1"));
    }

    // Streams

    @Test
    void stream_promptOverTheShare_compactsBeforeTheModelIsAsked() {
        memory.fill("s", 10);

        assertThat(ask(client, "new?").stream().content().collectList().block(LIMIT))
                .containsExactly("answer", " to", " new?");

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts).hasSize(1);
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
    }

    @Test
    void stream_compactorFails_asksTheModel() {
        memory.fill("s", 10);
        memory.summarizing = () -> {
            throw new IllegalStateException("about question 1");
        };

        try (LoggedWarnings log = new LoggedWarnings(CompactionTemplate.class);
                LoggedWarnings second = new LoggedWarnings(CompactionAdvisor.class)) {
            assertThat(ask(client, "new?").stream().content().collectList().block(LIMIT))
                    .containsExactly("answer", " to", " new?");

            assertThat(log.texts).singleElement().asString().doesNotContain("question");
            assertThat(second.texts).isEmpty();
        }
    }

    @Test
    void stream_cancelledWhileItWaits_leavesTheQueue() throws InterruptedException {
        memory.fill("s", 10);
        CompactionTemplate patient = CompactionTemplate.builder(state, memory).build();
        ChatClient eager = client(CompactionAdvisor.builder(patient, memory)
                .proactive(400, 0.5)
                .tokenCountEstimator(new Characters())
                .build());

        try (SessionLock.Lease lease = state.getLock("s").acquire()) {
            Disposable stream = ask(eager, "new?").stream().content().subscribe();
            await().atMost(LIMIT).until(() -> state.waitingCount() == 1);

            stream.dispose();

            await().atMost(LIMIT).until(() -> state.waitingCount() == 0);
        }
        assertThat(model.prompts).isEmpty();
    }
}
