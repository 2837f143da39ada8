package io.github.agentcompaction.springai;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.CompactionTrigger;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.client.AdvisorParams;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.tokenizer.JTokkitTokenCountEstimator;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.ai.tool.metadata.ToolMetadata;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** Compaction in the background: nobody waits for it. The window is 400 tokens, of which a session may have 200. */
@Timeout(120)
class CompactionAdvisorBackgroundTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Six turns are 144 characters; with a turn of 18 they are short, eleven are long. */
    private static final int SHORT = 6;

    private static final int LONG = 11;

    private final SmallWindowModel model = new SmallWindowModel();
    private final CompactedMemory memory = new CompactedMemory();
    private final List<CompactionReport> reports = new CopyOnWriteArrayList<>();
    private final SessionCompactionState state = SessionCompactionState.builder()
            .agent("planner")
            .listener(new CompactionListener() {
                @Override
                public void compactionEnded(String agent, String sessionId, CompactionReport report) {
                    reports.add(report);
                }
            })
            .build();
    private final CompactionTemplate template = CompactionTemplate.builder(state, memory)
            .maxBackground(2)
            .maxFailures(1)
            .build();
    private final Characters estimator = new Characters();
    private ChatClient client = client(template, memory, 0.5);
    private final CountDownLatch written = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    {
        model.window = 10_000;
        memory.kept = 4;
    }

    @AfterEach
    void close() {
        written.countDown();
        threads.shutdownNow();
    }

    private ChatClient client(CompactionTemplate template, ChatMemory memory, double share) {
        CompactionAdvisor advisor = CompactionAdvisor.builder(template, memory)
                .background(400, share)
                .tokenCountEstimator(estimator)
                .build();
        return ChatClient.builder(model)
                .defaultAdvisors(
                        advisor, MessageChatMemoryAdvisor.builder(memory).build())
                .build();
    }

    private ChatClient.ChatClientRequestSpec prompt(String session, String question) {
        return client.prompt().user(question).advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, session));
    }

    private @Nullable String ask(boolean streamed, String question) {
        return streamed
                ? String.join(
                        "",
                        prompt("s", question).stream().content().collectList().block(LIMIT))
                : prompt("s", question).call().content();
    }

    private void holdSummaries() {
        memory.summarizing = () -> {
            try {
                assertThat(written.await(60, SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
    }

    private void awaitNoneRunning() {
        await().atMost(LIMIT).until(() -> template.background().running() == 0);
    }

    private List<CompactionTrigger> compacted() {
        return reports.stream()
                .filter(report -> report.outcome() == CompactionOutcome.COMPACTED)
                .map(CompactionReport::trigger)
                .toList();
    }

    // Nobody waits

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void answer_longSession_isReturnedWhileTheSummaryIsWritten_andOthersGoOnWithTheOldHistory(boolean streamed) {
        memory.fill("s", LONG);
        holdSummaries();

        assertThat(ask(streamed, "new?")).isEqualTo("answer to new?");
        await().atMost(LIMIT).until(() -> memory.compactions.get() == 1);
        assertThat(ask(streamed, "more?")).isEqualTo("answer to more?");

        assertThat(model.lastPrompt()).hasSize(2 * LONG + 3).endsWith("new?", "answer to new?", "more?");
        assertThat(template.background().running()).isEqualTo(1);

        written.countDown();
        awaitNoneRunning();

        assertThat(ask(streamed, "most?")).isEqualTo("answer to most?");
        assertThat(model.lastPrompt())
                .containsExactly(
                        "[summary]", "summary 1", "new?", "answer to new?", "more?", "answer to more?", "most?");
        assertThat(compacted()).containsExactly(CompactionTrigger.BACKGROUND);
        assertThat(memory.compactions).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void summary_comesWithTheNextAnswer(boolean streamed) {
        memory.fill("s", LONG);
        holdSummaries();
        ask(streamed, "new?");
        written.countDown();
        await().atMost(LIMIT).until(() -> state.getSummary("s").isPresent());

        assertThat(prompt("s", "more?").call().chatClientResponse().context())
                .containsEntry(CompactionAdvisor.SUMMARY, "summary 1");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void answer_shortSession_isLeftAlone(boolean streamed) {
        memory.fill("s", SHORT);

        ask(streamed, "new?");

        assertThat(reports).isEmpty();
        assertThat(template.background().running()).isZero();
    }

    @Test
    void answer_messageAddedMeanwhile_staysBehindTheSummary() {
        ConcurrentChatMemory concurrent = new ConcurrentChatMemory(new InMemoryChatMemoryRepository());
        holdSummaries();
        SummaryModel summarizer = new SummaryModel(text -> {
            memory.summarizing.run();
            return "in short";
        });
        CompactionTemplate real = CompactionTemplate.builder(
                        state,
                        ChatMemoryCompactor.builder(concurrent, summarizer.client())
                                .tokenCountEstimator(new Characters())
                                .build())
                .build();
        for (int i = 0; i < LONG; i++) {
            concurrent.add("s", List.of(new UserMessage("question %3d".formatted(i))));
            concurrent.add("s", List.of(new AssistantMessage("answer %5d".formatted(i))));
        }
        ChatClient over = client(real, concurrent, 0.5);

        over.prompt("new?")
                .advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"))
                .call()
                .content();
        await().atMost(LIMIT).until(() -> summarizer.asked.size() == 1);
        over.prompt("more?")
                .advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"))
                .call()
                .content();
        written.countDown();
        await().atMost(LIMIT).until(() -> real.background().running() == 0);

        assertThat(SmallWindowModel.texts(concurrent.get("s")))
                .startsWith(ChatMemoryCompactor.SUMMARY_REQUEST, "in short")
                .endsWith("new?", "answer to new?", "more?", "answer to more?")
                .doesNotHaveDuplicates()
                .hasSizeLessThan(2 * LONG + 4);
    }

    // The size

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void reportedTokens_countAndNotTheEstimate(boolean streamed) {
        memory.fill("s", SHORT);
        model.reported = 2;

        ask(streamed, "new?");
        awaitNoneRunning();

        assertThat(compacted()).containsExactly(CompactionTrigger.BACKGROUND);
        assertThat(estimator.estimated).hasValue(0);
    }

    /** Every turn is counted as half of what it is, and the model refuses what is too long. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void textUndercountedTwofold_isNeverRefused(boolean streamed) {
        model.reported = 2;
        model.window = 200; // characters, and 400 tokens

        for (int i = 0; i < 40; i++) {
            ask(streamed, "question %3d".formatted(i));
            awaitNoneRunning();
        }

        assertThat(model.prompts).hasSize(40);
        assertThat(compacted()).isNotEmpty().containsOnly(CompactionTrigger.BACKGROUND);
    }

    /** Nothing is reported: the first refusal tells. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void textUndercountedTwofoldAndNotReported_isRefusedOnce(boolean streamed) {
        model.window = 200; // characters, and 400 tokens
        client = client(template, memory, 0.8);

        for (int i = 0; i < 60; i++) {
            ask(streamed, "question %3d".formatted(i));
            awaitNoneRunning();
        }

        assertThat(model.refused).hasValue(1);
        assertThat(compacted()).contains(CompactionTrigger.BACKGROUND);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void questionUndercountedTwofold_waitsAndIsNotRefused(boolean streamed) {
        model.reported = 2;
        model.window = 200;
        memory.kept = 1;
        client = client(template, memory, 0.95);
        ask(streamed, "q".repeat(44)); // with the answer 98 characters, 196 tokens
        ask(streamed, "?"); // 24 more
        assertThat(reports).isEmpty();

        ask(streamed, "x".repeat(92)); // 202 characters; without a correction, 312 tokens

        assertThat(model.prompts).hasSize(3);
        assertThat(reports).first().satisfies(report -> {
            assertThat(report.outcome()).isEqualTo(CompactionOutcome.COMPACTED);
            assertThat(report.trigger()).isEqualTo(CompactionTrigger.THRESHOLD);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void toolResultsOfTheTurn_areNotPartOfTheSession(int reported) {
        memory.fill("s", 3);
        model.reported = reported;
        answerWithOneToolCall();

        prompt("s", "new?").tools(lookUp("r".repeat(300))).call().content();

        assertThat(model.prompts).hasSize(2);
        assertThat(reports).isEmpty();
    }

    @Test
    void toolResultsWithManyTokensForTheirLength_areNotPartOfTheSession() {
        memory.fill("s", 3);
        model.reported = 1;
        answerWithOneToolCall();
        ToolCallback tool = FunctionToolCallback.builder("lookUp", () -> {
                    model.reported = 3; // the whole prompt has three times as many tokens as characters
                    return "r".repeat(300);
                })
                .description("looks up")
                .build();

        prompt("s", "new?").tools(tool).call().content();

        assertThat(model.prompts).hasSize(2);
        assertThat(reports).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void toolResultReturnedDirectly_endsTheTurn(boolean streamed) {
        memory.fill("s", LONG);
        holdSummaries();

        assertThat(askForAResult(streamed, "result")).isEqualTo("result");

        assertThat(model.prompts).hasSize(1);
        assertThat(template.background().running()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void toolResultReturnedDirectly_shortSession_isLeftAlone(boolean streamed) {
        memory.fill("s", SHORT);

        askForAResult(streamed, "result");

        assertThat(reports).isEmpty();
        assertThat(template.background().running()).isZero();
    }

    /** The provider counts the few tokens of the tool's call, and the history has the result. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void toolResultReturnedDirectly_isPartOfTheSession(boolean streamed) {
        memory.fill("s", SHORT);
        model.reported = 1;

        askForAResult(streamed, "r".repeat(100));
        awaitNoneRunning();

        assertThat(model.prompts).hasSize(1);
        assertThat(compacted()).containsExactly(CompactionTrigger.BACKGROUND);
    }

    private String askForAResult(boolean streamed, String result) {
        answerWithOneToolCall();
        var request = prompt("s", "new?")
                .tools(FunctionToolCallback.builder("lookUp", () -> result)
                        .description("looks up")
                        .toolCallResultConverter((value, type) -> String.valueOf(value))
                        .toolMetadata(ToolMetadata.builder().returnDirect(true).build())
                        .build());
        return streamed
                ? String.join("", request.stream().content().collectList().block(LIMIT))
                : String.valueOf(request.call().content());
    }

    /** The caller runs the tool, and its result is yet to come. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void toolCallReturnedToTheCaller_isNoAnswer(boolean streamed) {
        memory.fill("s", LONG);
        answerWithOneToolCall();
        var request = prompt("s", "new?")
                .tools(lookUp("result"))
                .advisors(AdvisorParams.toolCallingAdvisorAutoRegister(false));

        if (streamed) {
            request.stream().chatResponse().blockLast(LIMIT);
        } else {
            request.call().chatResponse();
        }

        assertThat(model.prompts).hasSize(1);
        assertThat(template.background().running()).isZero();
        assertThat(reports).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void toolCall_isNoAnswer_andOnlyTheLastAnswerCounts(boolean streamed) {
        memory.fill("s", LONG);
        List<Integer> running = new CopyOnWriteArrayList<>();
        answerWithOneToolCall();
        ToolCallback tool = FunctionToolCallback.builder("lookUp", () -> {
                    running.add(template.background().running());
                    return "result";
                })
                .description("looks up")
                .build();
        holdSummaries();

        if (streamed) {
            prompt("s", "new?").tools(tool).stream().content().blockLast(LIMIT);
        } else {
            prompt("s", "new?").tools(tool).call().content();
        }

        assertThat(running).containsExactly(0);
        assertThat(template.background().running()).isEqualTo(1);
    }

    private void answerWithOneToolCall() {
        model.answers = prompt -> prompt.getInstructions().stream().anyMatch(ToolResponseMessage.class::isInstance)
                ? new AssistantMessage("done")
                : AssistantMessage.builder()
                        .toolCalls(List.of(new AssistantMessage.ToolCall("1", "function", "lookUp", "{}")))
                        .build();
    }

    private static ToolCallback lookUp(String result) {
        return FunctionToolCallback.builder("lookUp", () -> result)
                .description("looks up")
                .build();
    }

    // Overflow and prompts that do not fit

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void overflowMeanwhile_joins(boolean streamed) throws Exception {
        memory.fill("s", LONG);
        holdSummaries();
        ask(streamed, "new?");
        await().atMost(LIMIT).until(() -> memory.compactions.get() == 1);
        model.window = 200;

        Future<String> refused = threads.submit(() -> ask(streamed, "more?"));
        await().atMost(LIMIT).until(() -> state.waitingCount() == 1);
        written.countDown();

        assertThat(refused.get(60, SECONDS)).isEqualTo("answer to more?");
        assertThat(memory.compactions).hasValue(1);
        assertThat(model.lastPrompt()).startsWith("[summary]", "summary 1").endsWith("more?");
        awaitNoneRunning();
        assertThat(compacted()).containsExactly(CompactionTrigger.BACKGROUND);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void promptThatDoesNotFit_waitsForTheRunningOne_andIsNotRefused(boolean streamed) throws Exception {
        memory.fill("s", LONG);
        holdSummaries();
        ask(streamed, "new?");
        await().atMost(LIMIT).until(() -> memory.compactions.get() == 1);

        Future<String> waiting = threads.submit(() -> ask(streamed, "x".repeat(200)));
        await().atMost(LIMIT).until(() -> state.waitingCount() == 1);
        assertThat(model.prompts).hasSize(1);
        written.countDown();

        assertThat(waiting.get(60, SECONDS)).startsWith("answer to x");
        assertThat(model.prompts).hasSize(2);
        assertThat(model.lastPrompt()).startsWith("[summary]", "summary 1");
        awaitNoneRunning();
        assertThat(compacted()).containsOnly(CompactionTrigger.BACKGROUND);
    }

    @Test
    void promptThatFits_overTheShare_doesNotWait() {
        memory.fill("s", LONG);
        holdSummaries();

        assertThat(ask(false, "x".repeat(80))).startsWith("answer to x");
    }

    // Once

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void parallelAnswers_oneCompaction(boolean streamed) throws Exception {
        memory.fill("s", LONG);
        memory.kept = 17;
        holdSummaries();
        CyclicBarrier together = new CyclicBarrier(8);
        model.asked = () -> {
            try {
                together.await(60, SECONDS);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        };
        List<Callable<String>> calls = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String question = "part " + i;
            calls.add(() -> ask(streamed, question));
        }

        for (Future<String> answer : threads.invokeAll(calls)) {
            assertThat(answer.get()).startsWith("answer to part");
        }
        written.countDown();
        awaitNoneRunning();

        assertThat(memory.compactions).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void lateAnswer_doesNotCompactAgain(boolean streamed) {
        memory.fill("s", LONG);
        model.asked = () -> template.compact("s"); // after the history was read

        ask(streamed, "new?");

        awaitNoneRunning();
        assertThat(compacted()).containsExactly(CompactionTrigger.MANUAL);
        assertThat(memory.compactions).hasValue(1);
    }

    @Test
    void nothingToCompact_isAskedAgainOnlyWhenTheSessionHasGrown() {
        memory.fill("s", LONG);
        memory.kept = 1000;

        ask(false, "?"); // 265 characters, and 13 more with each turn
        awaitNoneRunning();
        ask(false, "?");
        awaitNoneRunning();
        assertThat(memory.compactions).hasValue(1);

        ask(false, "?"); // 26 more than at the first: a twentieth of the window is 20
        awaitNoneRunning();
        assertThat(memory.compactions).hasValue(2);
        assertThat(reports).extracting(CompactionReport::outcome).containsOnly(CompactionOutcome.NOTHING);
    }

    @Test
    void failedCompaction_isTriedAgainAfterTheTemplatesRules() {
        memory.fill("s", LONG);
        memory.summarizing = () -> {
            throw new IllegalStateException("about question 1");
        };

        try (LoggedWarnings log = new LoggedWarnings(CompactionTemplate.class)) {
            for (int i = 0; i < 4; i++) {
                assertThat(ask(false, "?")).isEqualTo("answer to ?");
                awaitNoneRunning();
            }
            assertThat(log.texts).singleElement().asString().doesNotContain("question");
        }
        assertThat(memory.compactions).hasValue(1); // and suspended
    }

    @Test
    void maxBackground_othersAreAskedForWithTheirNextAnswer() {
        holdSummaries();
        for (String session : List.of("a", "b", "c")) {
            memory.fill(session, LONG);
            prompt(session, "new?").call().content();
        }
        assertThat(template.background().running()).isEqualTo(2);
        written.countDown();
        awaitNoneRunning();
        assertThat(memory.texts("c")).hasSize(2 * LONG + 2);

        prompt("c", "?").call().content();
        awaitNoneRunning();

        assertThat(memory.texts("c")).startsWith("[summary]");
    }

    /** That may come to nothing: it may fail, or its replica may end. */
    @Test
    void sessionThatIsBeingCompactedElsewhere_isAskedForWithItsNextAnswer() throws InterruptedException {
        memory.fill("s", LONG);
        try (SessionLock.Lease lease = state.getLock("s").acquire()) {
            ask(false, "?");
            assertThat(template.background().running()).isZero();
        }

        ask(false, "?");
        awaitNoneRunning();

        assertThat(compacted()).containsExactly(CompactionTrigger.BACKGROUND);
    }

    // What triggers nothing

    @Test
    void failedAnswer_triggersNothing() {
        memory.fill("s", LONG);
        model.answers = prompt -> {
            throw new IllegalStateException("down");
        };

        assertThatThrownBy(() -> ask(false, "new?")).hasMessage("down");
        assertThatThrownBy(() -> ask(true, "new?")).hasStackTraceContaining("down");

        assertThat(reports).isEmpty();
        assertThat(template.background().running()).isZero();
    }

    @Test
    void streamThatBreaks_triggersNothing() {
        memory.fill("s", LONG);
        model.streams = answer ->
                SmallWindowModel.words(answer.getText()).concatWith(Flux.error(new IllegalArgumentException("reset")));

        assertThatThrownBy(() -> ask(true, "new?")).hasStackTraceContaining("reset");

        assertThat(template.background().running()).isZero();
        assertThat(reports).isEmpty();
    }

    @Test
    void cancelledStream_triggersNothing() throws Exception {
        memory.fill("s", LONG);
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        model.streams = answer -> SmallWindowModel.words(answer.getText())
                .concatWith(Flux.never())
                .doOnCancel(cancelled::countDown);
        Disposable stream = prompt("s", "new?").stream().content().subscribe(element -> first.countDown());
        assertThat(first.await(60, SECONDS)).isTrue();

        stream.dispose();

        assertThat(cancelled.await(60, SECONDS)).isTrue();
        assertThat(template.background().running()).isZero();
        assertThat(reports).isEmpty();
    }

    @Test
    void switchedOff_triggersNothing() {
        memory.fill("s", LONG);
        CompactionTemplate off =
                CompactionTemplate.builder(state, memory).enabled(false).build();

        client(off, memory, 0.5)
                .prompt("new?")
                .advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"))
                .call()
                .content();

        assertThat(memory.compactions).hasValue(0);
        assertThat(estimator.estimated).hasValue(0);
    }

    @Test
    void newSession_longFirstTurn_triggersNothing() {
        ask(false, "x".repeat(500));

        assertThat(memory.compactions).hasValue(0);
        assertThat(reports).isEmpty();
    }

    // What fails here

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void estimatorFails_theAnswerIsGivenAllTheSame(boolean streamed) {
        memory.fill("s", LONG);
        CompactionAdvisor advisor = CompactionAdvisor.builder(template, memory)
                .background(400, 0.5)
                .tokenCountEstimator(new JTokkitTokenCountEstimator() {
                    @Override
                    public int estimate(@Nullable String text) {
                        throw new IllegalStateException("cannot count " + text);
                    }
                })
                .build();
        var broken = ChatClient.builder(model)
                .defaultAdvisors(
                        advisor, MessageChatMemoryAdvisor.builder(memory).build())
                .build()
                .prompt("new?")
                .advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"));

        try (LoggedWarnings log = new LoggedWarnings(CompactionAdvisor.class)) {
            assertThat(
                            streamed
                                    ? String.join(
                                            "",
                                            broken.stream()
                                                    .content()
                                                    .collectList()
                                                    .block(LIMIT))
                                    : broken.call().content())
                    .isEqualTo("answer to new?");
            assertThat(log.texts).isNotEmpty().noneMatch(text -> text.contains("count "));
        }
    }

    @Test
    void decoratorFails_theAnswerIsGivenAllTheSame() {
        CompactionTemplate decorating = CompactionTemplate.builder(state, memory)
                .taskDecorator(work -> {
                    throw new IllegalStateException("no context");
                })
                .build();
        memory.fill("s", LONG);

        try (LoggedWarnings log = new LoggedWarnings(CompactionAdvisor.class)) {
            assertThat(client(decorating, memory, 0.5)
                            .prompt("new?")
                            .advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"))
                            .call()
                            .content())
                    .isEqualTo("answer to new?");
            assertThat(log.texts).singleElement().asString().doesNotContain("no context");
        }
    }
}
