package io.github.agentcompaction.springai;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.ContextLimitExceededException;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import io.github.agentcompaction.springai.session.SessionCompactor;
import io.github.agentcompaction.springai.session.SessionHistory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.advisor.SessionMemoryAdvisor;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.compaction.RecursiveSummarizationCompactionStrategy;
import org.springframework.ai.session.compaction.SlidingWindowCompactionStrategy;
import org.springframework.ai.session.jdbc.H2JdbcSessionRepositoryDialect;
import org.springframework.ai.session.jdbc.JdbcSessionRepository;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabase;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseBuilder;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseType;
import reactor.test.StepVerifier;

/** A client whose history is a session of spring-ai-session, read inside the tool loop, once for each call of the model. */
@Timeout(60)
class CompactionAdvisorOverSessionsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** What spring-ai-session puts in front of a summary. */
    private static final String ASKED_FOR = RecursiveSummarizationCompactionStrategy.DEFAULT_SUMMARY_SHADOW_PROMPT;

    private final SmallWindowModel model = new SmallWindowModel();
    private final AtomicInteger summaries = new AtomicInteger();
    private final SummaryModel summarizer = new SummaryModel(question -> "summary " + summaries.incrementAndGet());
    private final SessionCompactionState state =
            SessionCompactionState.builder().agent("planner").build();
    private final List<Object> published = new CopyOnWriteArrayList<>();
    private final AtomicInteger toolRuns = new AtomicInteger();
    private SessionRepository repository = InMemorySessionRepository.builder().build();

    private SessionService service() {
        return new CoordinatedSessionService(
                DefaultSessionService.builder().sessionRepository(repository).build(), repository, state);
    }

    private CompactionAdvisor.Builder advisor(CompactionStrategy... strategies) {
        Compactor compactor = new SessionCompactor(service(), strategies);
        CompactionTemplate template =
                CompactionTemplate.builder(state, compactor).build();
        return CompactionAdvisor.builder(template, new SessionHistory(service()))
                .eventPublisher(published::add);
    }

    private ChatClient client(CompactionAdvisor advisor) {
        return ChatClient.builder(model)
                .defaultAdvisors(
                        advisor, SessionMemoryAdvisor.builder(service()).build())
                .build();
    }

    private ChatClient client(CompactionStrategy... strategies) {
        return client(advisor(strategies).build());
    }

    private CompactionStrategy keeping(int events) {
        return RecursiveSummarizationCompactionStrategy.builder(summarizer.client())
                .maxEventsToKeep(events)
                .overlapSize(0)
                .build();
    }

    private static ChatClient.ChatClientRequestSpec ask(ChatClient client, String question) {
        return client.prompt().user(question).advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"));
    }

    /** Turns of 24 characters each. */
    private void fill(int turns) {
        service().create(CreateSessionRequest.builder().id("s").userId("ann").build());
        for (int i = 1; i <= turns; i++) {
            service().appendMessage("s", new UserMessage("question %3d".formatted(i)));
            service().appendMessage("s", new AssistantMessage("answer %5d".formatted(i)));
        }
    }

    private List<String> active() {
        return SmallWindowModel.texts(messages(EventFilter.active()));
    }

    private List<String> everStored() {
        return SmallWindowModel.texts(messages(EventFilter.realOnly()));
    }

    private List<Message> messages(EventFilter filter) {
        return repository.findEvents("s", filter).stream()
                .map(SessionEvent::getMessage)
                .toList();
    }

    // Without tools

    @Test
    void call_contextLimit_goesOnWithTheCompactedSession() {
        fill(10);

        ChatClientResponse response = ask(client(keeping(2)), "new?").call().chatClientResponse();

        assertThat(SmallWindowModel.text(response.chatResponse())).isEqualTo("answer to new?");
        assertThat(summaries).hasValue(1);
        assertThat(model.prompts).hasSize(2);
        assertThat(model.lastPrompt()).containsExactly(ASKED_FOR, "summary 1", "new?");
        assertThat(active()).containsExactly(ASKED_FOR, "summary 1", "new?", "answer to new?");
        assertThat(everStored()).hasSize(22).containsOnlyOnce("new?", "answer to new?");
    }

    @Test
    void call_contextLimit_tellsTheSummaryAfterTheAnswer() {
        fill(10);
        ChatClient client = client(keeping(2));

        ChatClientResponse first = ask(client, "new?").call().chatClientResponse();
        ChatClientResponse second = ask(client, "more?").call().chatClientResponse();

        assertThat(first.context()).containsEntry(CompactionAdvisor.SUMMARY, "summary 1");
        assertThat(second.context()).doesNotContainKey(CompactionAdvisor.SUMMARY);
        assertThat(published).containsExactly(new SummaryDeliveredEvent("planner", "s", "summary 1"));
        assertThat(model.lastPrompt()).containsExactly(ASKED_FOR, "summary 1", "new?", "answer to new?", "more?");
    }

    @Test
    void call_secondCompaction_tellsTheNewSummaryOnly() {
        fill(10);
        ChatClient client = client(keeping(2));
        ask(client, "new?").call().content();
        for (int i = 0; i < 8; i++) {
            service().appendMessage("s", new UserMessage("x".repeat(20)));
        }

        ChatClientResponse response = ask(client, "more?").call().chatClientResponse();

        assertThat(response.context()).containsEntry(CompactionAdvisor.SUMMARY, "summary 2");
        assertThat(model.lastPrompt()).startsWith(ASKED_FOR, "summary 2").endsWith("more?");
    }

    @Test
    void stream_contextLimit_goesOnWithTheCompactedSession() {
        fill(10);

        StepVerifier.create(ask(client(keeping(2)), "new?").stream().chatClientResponse())
                .expectNextCount(3)
                .assertNext(last -> assertThat(last.context()).containsEntry(CompactionAdvisor.SUMMARY, "summary 1"))
                .expectComplete()
                .verify(LIMIT);

        assertThat(summaries).hasValue(1);
        assertThat(model.prompts).hasSize(2);
        assertThat(model.lastPrompt()).containsExactly(ASKED_FOR, "summary 1", "new?");
        assertThat(active()).containsExactly(ASKED_FOR, "summary 1", "new?", "answer to new?");
        assertThat(everStored()).hasSize(22).containsOnlyOnce("new?", "answer to new?");
        assertThat(published).hasSize(1);
    }

    @Test
    void call_promptOverTheShare_isCompactedBeforeTheModelIsAsked() {
        fill(6);

        ask(client(advisor(keeping(2)).proactive(40, 0.5).build()), "new?")
                .call()
                .content();

        assertThat(summaries).hasValue(1);
        assertThat(model.prompts).hasSize(1);
        assertThat(model.lastPrompt()).containsExactly(ASKED_FOR, "summary 1", "new?");
    }

    @Test
    void call_strategyWithoutSummary_tellsThatMessagesWereLeftOut() {
        fill(10);
        ChatClient client =
                client(SlidingWindowCompactionStrategy.builder().maxEvents(3).build());

        ChatClientResponse response = ask(client, "new?").call().chatClientResponse();

        assertThat(response.context()).containsEntry(CompactionAdvisor.SUMMARY, SessionCompactor.WITHOUT_SUMMARY);
        assertThat(model.lastPrompt()).containsExactly("question  10", "answer    10", "new?");
    }

    @Test
    void call_withAnEventFilterOfItsOwn_readsTheCompactedSessionWithIt() {
        fill(10);

        ask(client(keeping(2)), "new?")
                .advisors(spec -> spec.param(SessionMemoryAdvisor.EVENT_FILTER_CONTEXT_KEY, EventFilter.realOnly()))
                .call()
                .content();

        assertThat(model.lastPrompt()).containsExactly("new?"); // without the synthetic events
    }

    @Test
    void calls_atOneInstant_payOnceAndStoreEachMessageOnce() throws Exception {
        int calls = 8;
        fill(10);
        CountDownLatch arrived = new CountDownLatch(calls);
        model.asked = () -> {
            arrived.countDown();
            await(arrived);
        };
        ChatClient client = client(keeping(10));
        ExecutorService threads = Executors.newCachedThreadPool();
        List<@Nullable String> answers = new ArrayList<>();
        try {
            List<Future<@Nullable String>> asked = IntStream.range(0, calls)
                    .mapToObj(i -> threads.submit(() -> ask(client, "part " + i + "?")
                            .advisors(spec -> spec.param(CompactionAdvisor.SUBTASK, true))
                            .call()
                            .content()))
                    .toList();
            for (Future<@Nullable String> each : asked) {
                answers.add(each.get(30, SECONDS));
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(summaries).hasValue(1);
        assertThat(model.prompts).hasSize(2 * calls);
        assertThat(answers)
                .isEqualTo(IntStream.range(0, calls)
                        .mapToObj(i -> "answer to part " + i + "?")
                        .toList());
        assertThat(everStored())
                .hasSize(20 + 2 * calls)
                .containsOnlyOnce(IntStream.range(0, calls)
                        .boxed()
                        .flatMap(i -> Stream.of("part " + i + "?", "answer to part " + i + "?"))
                        .toArray(String[]::new));
        model.window = 1000; // for all the answers
        assertThat(ask(client, "all?").call().chatClientResponse().context())
                .containsEntry(CompactionAdvisor.SUMMARY, "summary 1");
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // Inside the tool loop

    /** The tool is called so often in a turn before the model answers. */
    private void callsTheTool(int rounds) {
        model.answers = prompt -> {
            assertToolCallsAreAnswered(prompt);
            return toolRuns.get() == rounds
                    ? new AssistantMessage("done")
                    : AssistantMessage.builder()
                            .content("")
                            .toolCalls(List.of(new AssistantMessage.ToolCall(
                                    "call " + toolRuns.get(), "function", "lookUp", "{}")))
                            .build();
        };
    }

    /** As providers check it: a tool's result stands right behind the message that called it. */
    private static void assertToolCallsAreAnswered(Prompt prompt) {
        List<String> open = List.of();
        for (Message message : prompt.getInstructions()) {
            List<String> answered = message instanceof ToolResponseMessage results
                    ? results.getResponses().stream()
                            .map(ToolResponseMessage.ToolResponse::id)
                            .toList()
                    : List.of();
            assertThat(answered).isEqualTo(open);
            open = message instanceof AssistantMessage assistant
                    ? assistant.getToolCalls().stream()
                            .map(AssistantMessage.ToolCall::id)
                            .toList()
                    : List.of();
        }
        assertThat(open).isEmpty();
    }

    private ToolCallback lookUp(int length) {
        return FunctionToolCallback.builder("lookUp", () -> {
                    toolRuns.incrementAndGet();
                    return "r".repeat(length);
                })
                .description("looks up")
                .build();
    }

    private static String result(int length) {
        return "result \"" + "r".repeat(length) + "\"";
    }

    /** The prompt without the empty system message that Spring AI's tool loop adds. */
    private List<String> lastPrompt() {
        return model.lastPrompt().stream().filter(text -> !text.isEmpty()).toList();
    }

    @ParameterizedTest(name = "the strategy keeps {0} events")
    @ValueSource(ints = {1, 3})
    void call_modelCallAfterTheToolOverflows_runsTheToolOnce(int kept) {
        fill(5);
        callsTheTool(1);

        String answer =
                ask(client(keeping(kept)), "new?").tools(lookUp(60)).call().content();

        assertThat(answer).isEqualTo("done");
        assertThat(toolRuns).hasValue(1);
        assertThat(summaries).hasValue(1);
        assertThat(model.prompts).hasSize(3);
        assertThat(lastPrompt()).containsExactly(ASKED_FOR, "summary 1", "new?", "call lookUp", result(60));
        assertThat(everStored()).hasSize(14).containsOnlyOnce("new?", "call lookUp", result(60), "done");
    }

    @ParameterizedTest(name = "the strategy keeps {0} events")
    @ValueSource(ints = {1, 3})
    void call_modelCallAfterTheToolOverflows_onADatabase_runsTheToolOnce(int kept) {
        EmbeddedDatabase database = new EmbeddedDatabaseBuilder()
                .generateUniqueName(true)
                .setType(EmbeddedDatabaseType.H2)
                .addScript("org/springframework/ai/session/jdbc/schema-h2.sql")
                .build();
        try {
            repository = JdbcSessionRepository.builder()
                    .dataSource(database)
                    .dialect(new H2JdbcSessionRepositoryDialect())
                    .build();

            call_modelCallAfterTheToolOverflows_runsTheToolOnce(kept);
        } finally {
            database.shutdown();
        }
    }

    @Test
    void call_firstModelCallOverflows_runsTheToolOnce() {
        fill(10);
        callsTheTool(1);

        String answer = ask(client(keeping(2)), "new?").tools(lookUp(5)).call().content();

        assertThat(answer).isEqualTo("done");
        assertThat(toolRuns).hasValue(1);
        assertThat(summaries).hasValue(1);
        assertThat(lastPrompt()).containsExactly(ASKED_FOR, "summary 1", "new?", "call lookUp", result(5));
        assertThat(everStored()).hasSize(24).containsOnlyOnce("new?");
    }

    @Test
    void call_questionWasSummarizedInAnEarlierRound_isInThePromptOfTheNext() {
        fill(5);
        callsTheTool(2);

        ask(client(keeping(1)), "new?").tools(lookUp(60)).call().content();

        assertThat(toolRuns).hasValue(2);
        assertThat(summaries).hasValue(1);
        assertThat(lastPrompt()).containsExactly(ASKED_FOR, "summary 1", "new?", "call lookUp", result(60));
        assertThat(everStored()).hasSize(16).containsOnlyOnce("new?");
    }

    @ParameterizedTest(name = "the strategy keeps {0} events")
    @ValueSource(ints = {1, 3})
    void stream_modelCallAfterTheToolOverflows_runsTheToolOnce(int kept) {
        fill(5);
        callsTheTool(1);

        StepVerifier.create(ask(client(keeping(kept)), "new?").tools(lookUp(60)).stream()
                        .content())
                .expectNext("done")
                .expectComplete()
                .verify(LIMIT);

        assertThat(toolRuns).hasValue(1);
        assertThat(summaries).hasValue(1);
        assertThat(lastPrompt()).containsExactly(ASKED_FOR, "summary 1", "new?", "call lookUp", result(60));
        assertThat(everStored()).hasSize(14).containsOnlyOnce("new?", "call lookUp", "done");
        assertThat(published).containsExactly(new SummaryDeliveredEvent("planner", "s", "summary 1"));
    }

    // Errors

    @Test
    void call_nothingLeftToCompact_isToldSo() {
        fill(1);

        assertThatThrownBy(
                        () -> ask(client(keeping(10)), "x".repeat(300)).call().content())
                .isInstanceOf(ContextLimitExceededException.class)
                .hasCauseInstanceOf(NonTransientAiException.class);

        assertThat(summaries).hasValue(0);
        assertThat(model.prompts).hasSize(1);
    }

    @Test
    void call_strategyFails_isToldSoAndLeavesTheSession() {
        fill(10);
        CompactionStrategy failing = request -> {
            throw new IllegalStateException("no model");
        };

        assertThatThrownBy(() -> ask(client(failing), "new?").call().content())
                .isInstanceOf(CompactionFailedException.class)
                .cause()
                .hasMessage("no model");

        assertThat(active()).hasSize(21).endsWith("new?");
        assertThat(published).isEmpty();
    }

    @Test
    void call_withoutCompactionAdvisor_fails() {
        fill(10);
        ChatClient alone = ChatClient.builder(model)
                .defaultAdvisors(SessionMemoryAdvisor.builder(service())
                        .compactionTrigger(request -> true)
                        .compactionStrategy(keeping(2))
                        .build())
                .build();

        assertThatThrownBy(() -> ask(alone, "new?").call().content()).isInstanceOf(NonTransientAiException.class);

        assertThat(summaries).hasValue(0);
    }
}
