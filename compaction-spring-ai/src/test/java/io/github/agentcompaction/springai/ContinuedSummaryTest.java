package io.github.agentcompaction.springai;

import static io.github.agentcompaction.springai.ChatMemoryCompactor.DEFAULT_CONTINUATION_PROMPT;
import static io.github.agentcompaction.springai.ChatMemoryCompactor.DEFAULT_PROMPT;
import static io.github.agentcompaction.springai.Conversation.inShort;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.StagedCompactor.Prepared;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.client.advisor.ToolCallingAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;

/** A summary that is asked for by going on with the conversation. */
@Timeout(60)
class ContinuedSummaryTest {

    private final InMemoryChatMemoryRepository repository = new InMemoryChatMemoryRepository();
    private final ConcurrentChatMemory memory = new ConcurrentChatMemory(repository);
    private final SmallWindowModel model = new SmallWindowModel();
    private final SentPrompts sentPrompts = new SentPrompts();
    private final ChatMemoryCompactor compactor = ChatMemoryCompactor.builder(memory, ChatClient.create(model))
            .continueFrom(sentPrompts)
            .build();
    private final AtomicInteger lookUps = new AtomicInteger();
    private final ToolCallback tool = FunctionToolCallback.builder(
                    "look_up", () -> "found " + lookUps.incrementAndGet())
            .build();

    /** What the model says to a question for a summary. */
    private Function<Prompt, AssistantMessage> summaries = prompt -> new AssistantMessage("what was");

    ContinuedSummaryTest() {
        model.window = Integer.MAX_VALUE;
        model.answers = prompt ->
                isForSummary(prompt) ? summaries.apply(prompt) : new AssistantMessage("answer to " + question(prompt));
    }

    private static String question(Prompt prompt) {
        return String.valueOf(prompt.getUserMessage().getText());
    }

    private static boolean isContinued(Prompt prompt) {
        return question(prompt).equals(DEFAULT_CONTINUATION_PROMPT);
    }

    private static boolean isForSummary(Prompt prompt) {
        return isContinued(prompt) || question(prompt).startsWith(DEFAULT_PROMPT);
    }

    private List<Prompt> forSummaries() {
        return model.prompts.stream().filter(ContinuedSummaryTest::isForSummary).toList();
    }

    private ChatClient.ChatClientRequestSpec ask(String question) {
        SessionCompactionState state =
                SessionCompactionState.builder().agent("planner").build();
        CompactionTemplate template =
                CompactionTemplate.builder(state, compactor).build();
        return ChatClient.builder(model)
                .defaultSystem("be kind")
                .defaultTools(tool)
                .defaultAdvisors(
                        CompactionAdvisor.builder(template, memory)
                                .sentPrompts(sentPrompts)
                                .build(),
                        MessageChatMemoryAdvisor.builder(memory).build())
                .build()
                .prompt(question)
                .advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "c"));
    }

    private void given(String conversation) {
        repository.saveAll("c", Conversation.of(conversation));
    }

    private String now() {
        return inShort(memory.get("c"));
    }

    /** As after a call of a session whose prompts have a system text and a tool. */
    private void sent() {
        sentPrompts.sent(
                "c",
                new Prompt(
                        new SystemMessage("be kind"),
                        ToolCallingChatOptions.builder().toolCallbacks(tool).build()));
    }

    private static List<String> told(Prompt prompt) {
        return SmallWindowModel.texts(prompt.getInstructions());
    }

    private static List<String> tools(Prompt prompt) {
        return Objects.requireNonNull(
                        ((ToolCallingChatOptions) Objects.requireNonNull(prompt.getOptions())).getToolCallbacks())
                .stream()
                .map(told -> told.getToolDefinition().name())
                .toList();
    }

    // In a call and in a stream

    @Test
    void call_contextLimit_asksWithTheBeginningOfThePromptBefore() {
        given("u1 a1 u2 a2 u3 a3 u4 a4");
        refuseTheFirst();

        String answer = ask("new").call().content();

        assertThat(answer).isEqualTo("answer to new");
        assertAsksWithTheBeginningOfThePromptBefore();
    }

    @Test
    void stream_contextLimit_asksWithTheBeginningOfThePromptBefore() {
        given("u1 a1 u2 a2 u3 a3 u4 a4");
        refuseTheFirst();

        List<String> answer = ask("new").stream().content().collectList().block();

        assertThat(String.join("", answer)).isEqualTo("answer to new");
        assertAsksWithTheBeginningOfThePromptBefore();
    }

    private void refuseTheFirst() {
        Function<Prompt, AssistantMessage> answers = model.answers;
        model.answers = prompt -> {
            if (model.prompts.size() == 1) {
                throw SmallWindowModel.tooLong();
            }
            return answers.apply(prompt);
        };
    }

    private void assertAsksWithTheBeginningOfThePromptBefore() {
        assertThat(now()).isEqualTo("summary:what was u4 a4 new answer to new");
        assertThat(model.prompts).hasSize(3);
        Prompt refused = model.prompts.get(0);
        Prompt asked = model.prompts.get(1);
        assertThat(told(asked))
                .containsExactly("be kind", "u1", "a1", "u2", "a2", "u3", "a3", DEFAULT_CONTINUATION_PROMPT);
        assertThat(told(refused).subList(0, 7)).isEqualTo(told(asked).subList(0, 7));
        assertThat(tools(asked)).isEqualTo(tools(refused)).containsExactly("look_up");
        assertThat(asked.getInstructions().get(7).getMessageType()).isEqualTo(MessageType.USER);
    }

    @Test
    void call_withinToolLoop_runsTheToolOnce() {
        given("u1 a1 u2 a2 u3 a3 u4 a4");
        AtomicInteger answers = new AtomicInteger();
        summaries = prompt -> calling("1");
        model.answers = prompt -> {
            if (isForSummary(prompt)) {
                return isContinued(prompt) ? calling("9") : new AssistantMessage("what was");
            }
            return switch (answers.incrementAndGet()) {
                case 1 -> calling("1");
                case 2 -> throw SmallWindowModel.tooLong();
                default -> new AssistantMessage("done");
            };
        };

        String answer = ask("new").call().content();

        assertThat(answer).isEqualTo("done");
        assertThat(lookUps).hasValue(1);
        assertThat(now()).isEqualTo("summary:what was u4 a4 new done");
    }

    // What is sent

    @Test
    void earlierSummary_isAskedWithAsItStandsInTheConversation() throws Exception {
        given("summary:before u1 a1 u2");
        sent();

        compactor.compact("c");

        assertThat(told(model.prompts.get(0)))
                .containsExactly(
                        "be kind",
                        ChatMemoryCompactor.SUMMARY_REQUEST,
                        "before",
                        "u1",
                        "a1",
                        DEFAULT_CONTINUATION_PROMPT);
        assertThat(now()).isEqualTo("summary:what was u2");
    }

    @Test
    void toolCalls_areSentWithTheirResponses() throws Exception {
        given("u1 c1 u2 r1 a1 u3 a3 u4");
        sent();

        compactor.compact("c");

        assertThat(inShort(model.prompts.get(0).getInstructions().subList(1, 6)))
                .isEqualTo("u1 c1 u2 r1 a1");
    }

    @Test
    void pinnedMessages_areSentWhereTheyStand() throws Exception {
        given("summary:before u1! u2 a2! u3");
        sent();

        compactor.compact("c");

        assertThat(inShort(model.prompts.get(0).getInstructions().subList(1, 6)))
                .isEqualTo("summary:before u1! u2 a2!");
        assertThat(now()).isEqualTo("summary:what was u1! a2! u3");
    }

    @Test
    void ownInstruction_standsBehindTheConversation() throws Exception {
        given("u1 a1 u2");
        sent();
        model.answers = prompt -> new AssistantMessage("what was");

        ChatMemoryCompactor.builder(memory, ChatClient.create(model))
                .continueFrom(sentPrompts)
                .prompt("shorter!")
                .build()
                .compact("c");

        assertThat(told(model.prompts.get(0))).containsExactly("be kind", "u1", "a1", "shorter!");
    }

    /** As JdbcChatMemoryRepository does. */
    @Test
    void repositoryReturnsTextsAlone_isCompacted() throws Exception {
        ConcurrentChatMemory texts = new ConcurrentChatMemory(new TextRepository());
        texts.add("c", Conversation.of("u1! a1 u2 a2"));
        sent();

        ChatMemoryCompactor.builder(texts, ChatClient.create(model))
                .continueFrom(sentPrompts)
                .build()
                .compact("c");

        assertThat(told(model.prompts.get(0))).containsExactly("be kind", "u1!", "a1", DEFAULT_CONTINUATION_PROMPT);
        assertThat(inShort(texts.get("c"))).isEqualTo("summary:what was u2 a2");
    }

    // With a transcript after all

    @Test
    void latestPromptUnknown_asksWithATranscript() throws Exception {
        given("u1 a1 u2");

        assertThat(compactor.compact("c")).contains("what was");

        assertThat(told(model.prompts.get(0)))
                .singleElement()
                .asString()
                .startsWith(DEFAULT_PROMPT)
                .contains("User: u1");
    }

    @Test
    void modelCallsATool_runsNoneAndAsksWithATranscript() throws Exception {
        assertFallsBack(prompt -> calling("1"), "a tool call");
        assertThat(lookUps).hasValue(0);
    }

    @Test
    void summarizerHasAToolLoopOfItsOwn_runsNoToolOfTheCall() throws Exception {
        given("u1 a1 u2");
        sent();
        summaries = prompt -> isContinued(prompt) ? calling("1") : new AssistantMessage("what was");
        ChatClient summarizer = ChatClient.builder(model)
                .defaultAdvisors(ToolCallingAdvisor.builder().build())
                .build();

        assertThat(ChatMemoryCompactor.builder(memory, summarizer)
                        .continueFrom(sentPrompts)
                        .build()
                        .compact("c"))
                .contains("what was");

        assertThat(lookUps).hasValue(0);
        assertThat(forSummaries()).hasSize(2);
    }

    @Test
    void blankAnswer_asksWithATranscript() throws Exception {
        assertFallsBack(prompt -> new AssistantMessage(" \n"), "a blank answer");
    }

    @Test
    void modelRefusesForAnotherReason_asksWithATranscript() throws Exception {
        assertFallsBack(
                prompt -> {
                    throw new NonTransientAiException("HTTP 400 - no image was expected after u1");
                },
                NonTransientAiException.class.getName());
    }

    private void assertFallsBack(Function<Prompt, AssistantMessage> continued, String why) throws Exception {
        given("summary:before u1 a1 u2");
        sent();
        summaries = prompt -> isContinued(prompt) ? continued.apply(prompt) : new AssistantMessage("what was");

        try (LoggedWarnings logged = new LoggedWarnings(ChatMemoryCompactor.class)) {
            assertThat(compactor.compact("c")).contains("what was");
            given("u1 a1 u2");
            compactor.compact("c");

            assertThat(logged.texts).singleElement().asString().contains(why).doesNotContain("u1");
        }

        assertThat(forSummaries()).hasSize(4);
        assertThat(told(model.prompts.get(1)))
                .singleElement()
                .asString()
                .startsWith(DEFAULT_PROMPT)
                .contains("<earlier-summary>\nbefore\n</earlier-summary>", "User: u1");
    }

    @Test
    void bothFail_theTranscriptsErrorIsThrown() {
        given("u1 a1 u2");
        sent();
        summaries = prompt -> {
            throw new NonTransientAiException(isContinued(prompt) ? "first" : "second");
        };

        assertThatThrownBy(() -> compactor.compact("c")).hasMessage("second");
        assertThat(now()).isEqualTo("u1 a1 u2");
    }

    @Test
    void interrupted_asksNoMore() {
        given("u1 a1 u2");
        sent();
        summaries = prompt -> {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("stopped");
        };

        assertThatThrownBy(() -> compactor.compact("c")).hasMessage("stopped");

        assertThat(Thread.interrupted()).isTrue();
        assertThat(model.prompts).hasSize(1);
    }

    /** Some clients wrap an interrupt and do not set the thread's flag again. */
    @ParameterizedTest
    @MethodSource("interrupts")
    void interruptWithoutTheFlag_asksNoMore(Exception interrupt) {
        given("u1 a1 u2");
        sent();
        summaries = prompt -> {
            throw new IllegalStateException("stopped", new RuntimeException(interrupt));
        };

        assertThatThrownBy(() -> compactor.compact("c")).hasMessage("stopped");

        assertThat(model.prompts).hasSize(1);
    }

    static List<Exception> interrupts() {
        return List.of(
                new InterruptedException(),
                new InterruptedIOException("interrupted"),
                new ClosedByInterruptException());
    }

    @Test
    void timeoutOfASocket_isNoInterrupt() throws Exception {
        assertFallsBack(
                prompt -> {
                    throw new IllegalStateException(new SocketTimeoutException("Read timed out"));
                },
                IllegalStateException.class.getName());
    }

    @Test
    void causesInACircle_asksWithATranscript() throws Exception {
        IllegalStateException first = new IllegalStateException("first");
        first.initCause(new IllegalStateException("second", first));
        assertFallsBack(
                prompt -> {
                    throw first;
                },
                IllegalStateException.class.getName());
    }

    /** As at a shutdown. */
    @Test
    void background_cancelledWhileTheClientWaits_asksNoMoreAndEnds() throws Exception {
        given("u1 a1 u2");
        sent();
        CountDownLatch asked = new CountDownLatch(1);
        summaries = prompt -> {
            asked.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                throw new IllegalStateException("stopped", e); // without the thread's flag
            }
            throw new AssertionError();
        };
        List<CompactionOutcome> ended = new CopyOnWriteArrayList<>();
        SessionCompactionState state = SessionCompactionState.builder()
                .listener(new CompactionListener() {
                    @Override
                    public void compactionEnded(String agent, String sessionId, CompactionReport report) {
                        ended.add(report.outcome());
                    }
                })
                .build();
        CompactionTemplate template =
                CompactionTemplate.builder(state, compactor).build();
        template.compactInBackground("c", state.getLock("c").epoch(), Duration.ZERO);
        assertThat(asked.await(30, SECONDS)).isTrue();
        CompletableFuture<?> stopped = template.background().stop();

        template.background().cancel();
        stopped.get(30, SECONDS);

        assertThat(ended).containsExactly(CompactionOutcome.CANCELLED);
        assertThat(model.prompts).hasSize(1);
    }

    @Test
    void answersThatAreNoSummary_areCounted() {
        given("u1 a1 u2");
        sent();
        SummaryModel counting =
                new SummaryModel(question -> question.endsWith(DEFAULT_CONTINUATION_PROMPT) ? "" : "what was");
        counting.usage = new DefaultUsage(100, 10);

        Prepared prepared = ChatMemoryCompactor.builder(memory, counting.client())
                .continueFrom(sentPrompts)
                .build()
                .prepare("c")
                .orElseThrow();

        assertThat(counting.asked).hasSize(2);
        assertThat(prepared.usage().promptTokens()).hasValue(200);
        assertThat(prepared.usage().completionTokens()).hasValue(20);
    }

    // What is too long

    @Test
    void tooLongForTheModel_goesOnWithFewerTurns() throws Exception {
        given("u1 a1 u2 a2 u3 a3 u4 a4 u5");
        sent();
        AtomicInteger parts = new AtomicInteger();
        summaries = prompt -> {
            if (prompt.getInstructions().size() > 7) { // system message, five messages, instruction
                throw SmallWindowModel.tooLong();
            }
            return new AssistantMessage("part " + parts.incrementAndGet());
        };

        ChatMemoryCompactor.builder(memory, ChatClient.create(model))
                .continueFrom(sentPrompts)
                .share(1)
                .build()
                .compact("c");

        assertThat(now()).isEqualTo("summary:part 3 u5");
        assertThat(forSummaries()).allMatch(ContinuedSummaryTest::isContinued);
        List<Message> last = model.prompts.get(model.prompts.size() - 1).getInstructions();
        assertThat(inShort(last.subList(1, 5))).isEqualTo("summary:part 2 u4 a4");
    }

    @Test
    void oneTurnTooLong_isCutInATranscript() throws Exception {
        List<Message> messages = new ArrayList<>(Conversation.of("u1 a1"));
        messages.add(new UserMessage("x".repeat(10_000)));
        messages.addAll(Conversation.of("a2 u3 a3 u4"));
        repository.saveAll("c", messages);
        sent();
        model.window = 3_000;
        List<@Nullable Boolean> continued = new ArrayList<>();
        summaries = prompt -> {
            continued.add(isContinued(prompt));
            return new AssistantMessage("what was");
        };

        ChatMemoryCompactor.builder(memory, ChatClient.create(model))
                .continueFrom(sentPrompts)
                .share(1)
                .build()
                .compact("c");

        assertThat(now()).isEqualTo("summary:what was u4");
        assertThat(continued).startsWith(true, false).doesNotContainSequence(false, true);
        assertThat(told(forSummaries().stream()
                        .filter(prompt -> told(prompt).toString().contains("xxx [...]"))
                        .findFirst()
                        .orElseThrow()))
                .hasSize(1);
    }

    private static AssistantMessage calling(String id) {
        return AssistantMessage.builder()
                .content("")
                .toolCalls(List.of(new AssistantMessage.ToolCall(id, "function", "look_up", "{}")))
                .build();
    }
}
