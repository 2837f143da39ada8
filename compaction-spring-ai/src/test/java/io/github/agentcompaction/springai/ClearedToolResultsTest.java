package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.ContextLimitExceededException;
import io.github.agentcompaction.SessionCompactionState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.client.advisor.ToolCallingAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.DefaultToolCallingManager;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.ai.tokenizer.JTokkitTokenCountEstimator;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.core.Ordered;
import reactor.core.publisher.Flux;

/** Turns that outgrow the window by their tools' results. */
@Timeout(60)
class ClearedToolResultsTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final SmallWindowModel model = new SmallWindowModel();
    private final CompactedMemory memory = new CompactedMemory();
    private final CompactionTemplate template = CompactionTemplate.builder(
                    SessionCompactionState.builder().agent("planner").build(), memory)
            .build();
    private final AtomicInteger runs = new AtomicInteger();

    /** A call or a stream. */
    enum Way {
        CALL,
        STREAM;

        @Nullable
        String ask(ChatClient client, ToolCallback tool) {
            ChatClient.ChatClientRequestSpec spec = client.prompt("new?")
                    .advisors(call -> call.param(ChatMemory.CONVERSATION_ID, "s"))
                    .tools(tool);
            return this == CALL
                    ? spec.call().content()
                    : String.join("", spec.stream().content().collectList().block(LIMIT));
        }
    }

    private CompactionAdvisor.Builder advisor() {
        return CompactionAdvisor.builder(template, memory);
    }

    private ChatClient client(CompactionAdvisor.Builder advisor) {
        return client(advisor, Ordered.HIGHEST_PRECEDENCE + 200);
    }

    /** The tool loop stands at {@link Ordered#HIGHEST_PRECEDENCE} + 300. */
    private ChatClient client(CompactionAdvisor.Builder advisor, int memoryOrder) {
        ToolCallingAdvisor.Builder<?> tools = ToolCallingAdvisor.builder()
                .toolCallingManager(DefaultToolCallingManager.builder()
                        .maxCallsPerTool(1_000)
                        .build());
        if (memoryOrder > ToolCallingAdvisor.builder().getAdvisorOrder()) {
            tools.disableInternalConversationHistory();
        }
        return ChatClient.builder(model)
                .defaultAdvisors(
                        advisor.build(),
                        tools.build(),
                        MessageChatMemoryAdvisor.builder(memory)
                                .order(memoryOrder)
                                .build())
                .build();
    }

    /** Answers each call with a result of the next length, a string in JSON with its quotes. */
    private ToolCallback lookUp(int... lengths) {
        return FunctionToolCallback.builder(
                        "lookUp", () -> "r".repeat(lengths[Math.min(runs.getAndIncrement(), lengths.length - 1)] - 2))
                .description("looks up")
                .build();
    }

    /** The model calls the tool so often, each time some calls at once, and then answers. */
    private void calls(int rounds, int atOnce) {
        model.answers = prompt -> {
            int made = newResults(prompt).size();
            return made < rounds * atOnce
                    ? AssistantMessage.builder()
                            .content("")
                            .toolCalls(IntStream.range(made, made + atOnce)
                                    .mapToObj(ClearedToolResultsTest::callOfTheTool)
                                    .toList())
                            .build()
                    : new AssistantMessage("done");
        };
    }

    private static AssistantMessage.ToolCall callOfTheTool(int number) {
        return new AssistantMessage.ToolCall("id" + number, "function", "lookUp", "{}");
    }

    /** The results in a prompt behind the question, by their lengths; "-100" is the note for one of 100 characters. */
    private static List<Integer> newResults(Prompt prompt) {
        List<Message> messages = prompt.getInstructions();
        return results(messages.subList(SmallWindowModel.texts(messages).lastIndexOf("new?"), messages.size()));
    }

    private static List<Integer> results(List<Message> messages) {
        return messages.stream()
                .filter(ToolResponseMessage.class::isInstance)
                .flatMap(message -> ((ToolResponseMessage) message).getResponses().stream())
                .map(ToolResponse::responseData)
                .map(data -> data.contains("removed") ? -Integer.parseInt(data.replaceAll("\\D", "")) : data.length())
                .toList();
    }

    private Prompt lastPrompt() {
        return model.prompts.get(model.prompts.size() - 1);
    }

    /** Each message with calls is followed by the one with their results, in each prompt. */
    private void assertPaired() {
        for (Prompt prompt : model.prompts) {
            List<Message> messages = prompt.getInstructions();
            for (int i = 0; i < messages.size(); i++) {
                if (messages.get(i) instanceof AssistantMessage call && call.hasToolCalls()) {
                    assertThat(((ToolResponseMessage) messages.get(i + 1))
                                    .getResponses().stream().map(ToolResponse::id))
                            .containsExactlyElementsOf(call.getToolCalls().stream()
                                    .map(AssistantMessage.ToolCall::id)
                                    .toList());
                }
            }
        }
    }

    // The running turn

    @ParameterizedTest
    @EnumSource
    void turnTooLongByItself_goesOnWithoutItsLargestResult(Way way) {
        model.window = 700;
        calls(4, 1);

        assertThat(way.ask(client(advisor()), lookUp(100, 300, 120, 150))).isEqualTo("done");

        assertThat(newResults(lastPrompt())).containsExactly(100, -300, 120, 150);
        assertThat(runs).hasValue(4);
        assertThat(model.refused).hasValue(1);
        assertThat(memory.texts("s")).containsExactly("new?", "done");
        assertPaired();
    }

    @ParameterizedTest
    @EnumSource
    void turnWithAHundredResults_isRefusedAFewTimes(Way way) {
        model.window = 30_000;
        calls(100, 1);

        assertThat(way.ask(client(advisor()), lookUp(1_000))).isEqualTo("done");

        assertThat(runs).hasValue(100);
        assertThat(model.refused.get()).isLessThanOrEqualTo(5);
        assertOnceClearedStaysCleared();
        assertPaired();
    }

    private void assertOnceClearedStaysCleared() {
        List<Integer> before = List.of();
        for (Prompt prompt : model.prompts) {
            List<Integer> now = newResults(prompt);
            for (int i = 0; i < before.size(); i++) {
                if (before.get(i) < 0) {
                    assertThat(now.get(i)).isNegative();
                }
            }
            before = now;
        }
    }

    @ParameterizedTest
    @EnumSource
    void hundredResultsAtOnce_areRefusedAFewTimes(Way way) {
        model.window = 30_000;
        calls(1, 100);

        assertThat(way.ask(client(advisor()), lookUp(1_000))).isEqualTo("done");

        assertThat(model.refused.get()).isLessThanOrEqualTo(5);
        assertThat(newResults(lastPrompt()).subList(98, 100)).containsExactly(1_000, 1_000);
        assertThat(runs).hasValue(100);
        assertPaired();
    }

    @Test
    void parallelCalls_eachResultCountsByItself() {
        model.window = 900;
        calls(2, 2);

        Way.CALL.ask(client(advisor()), lookUp(100, 300, 250, 250));

        assertThat(newResults(lastPrompt())).containsExactly(100, -300, 250, 250);
        assertPaired();
    }

    @Test
    void resultsThatTheModelHasNotSeen_goLast() {
        model.window = 1_600;
        calls(2, 3);

        Way.CALL.ask(client(advisor()), lookUp(300, 150, 300, 400, 250, 250));

        assertThat(newResults(lastPrompt())).containsExactly(-300, 150, -300, 400, 250, 250);
    }

    @ParameterizedTest
    @EnumSource
    void windowKnown_noCallIsRefused(Way way) {
        model.window = 8_000;
        model.reported = 1;
        calls(30, 1);

        assertThat(way.ask(client(advisor().proactive(8_000, 0.9)), lookUp(500, 600, 550))) // estimated far too low
                .isEqualTo("done");

        assertThat(model.refused).hasValue(0);
        assertThat(model.prompts).hasSize(31);
        assertThat(memory.compactions).hasValue(0);
        assertOnceClearedStaysCleared();
        assertPaired();
    }

    @ParameterizedTest
    @EnumSource
    void windowKnownAndTheEstimateTooLow_isRefusedAFewTimes(Way way) {
        model.window = 8_000;
        calls(30, 1);
        ChatClient client = client(advisor().proactive(8_000, 1)); // counts tokens, and the model characters

        assertThat(way.ask(client, lookUp(500))).isEqualTo("done");

        assertThat(model.refused.get()).isBetween(1, 3);
    }

    /** In both modes: what is guessed ahead costs a summary, what is lost is lost. */
    @ParameterizedTest
    @CsvSource({"CALL, true", "CALL, false", "STREAM, true", "STREAM, false"})
    void reportedToFit_keepsAllResults_howeverLongTheyAreEstimated(Way way, boolean inBackground) {
        model.window = 8_000;
        model.reported = 1;
        calls(15, 1);
        CompactionAdvisor.Builder advisor =
                inBackground ? advisor().background(8_000, 0.5) : advisor().proactive(8_000, 0.5);
        ChatClient client = client(advisor.tokenCountEstimator(new JTokkitTokenCountEstimator() {
            @Override
            public int estimate(@Nullable String text) {
                return text == null ? 0 : 2 * text.length();
            }
        }));

        assertThat(way.ask(client, lookUp(450))).isEqualTo("done"); // 6,750 characters

        assertThat(newResults(lastPrompt())).hasSize(15).doesNotContain(-450);
        assertThat(model.refused).hasValue(0);
    }

    @ParameterizedTest
    @EnumSource
    void knownWindow_estimatesEachResultAFewTimesOnly(Way way) {
        model.window = 100_000;
        model.reported = 1;
        calls(30, 1);
        Characters estimator = new Characters();

        way.ask(client(advisor().background(62_000, 0.8).tokenCountEstimator(estimator)), lookUp(2_000));

        assertThat(estimator.estimated).hasValueLessThan(4 * 60_000);
    }

    /** As 24 characters of 8,000: a summary would be paid for nothing. */
    @ParameterizedTest
    @CsvSource({"CALL, true", "CALL, false", "STREAM, true", "STREAM, false"})
    void historyThatCannotHelp_isNotSummarized(Way way, boolean isWindowKnown) {
        memory.fill("s", 1);
        model.window = 8_000;
        model.reported = 1;
        calls(30, 1);

        assertThat(way.ask(client(isWindowKnown ? advisor().background(8_000, 0.8) : advisor()), lookUp(500)))
                .isEqualTo("done");

        assertThat(memory.compactions).hasValue(0);
        assertThat(model.prompts.size()).isLessThan(36);
        assertPaired();
    }

    @ParameterizedTest
    @EnumSource
    void history_isSummarizedFirst(Way way) {
        memory.fill("s", 10);
        model.window = 700;
        calls(5, 1);

        assertThat(way.ask(client(advisor()), lookUp(140))).isEqualTo("done");

        assertThat(memory.compactions).hasValue(1);
        int summarized = firstPrompt("[summary]");
        int cleared = firstPrompt("[result of");
        assertThat(summarized).isPositive().isLessThan(cleared);
        assertThat(lastPrompt().getInstructions().get(0).getText()).isEqualTo("[summary]");
        assertThat(newResults(lastPrompt()).get(0)).isEqualTo(-140);
        assertThat(runs).hasValue(5);
    }

    @ParameterizedTest
    @EnumSource
    void history_isSummarizedAsLongAsThereIsAny(Way way) {
        memory.fill("s", 10);
        memory.kept = 17;
        memory.summarizing = () -> memory.kept = Math.max(1, memory.kept - 4);
        model.window = 500;
        calls(5, 1);

        assertThat(way.ask(client(advisor()), lookUp(110))).isEqualTo("done");

        assertThat(SmallWindowModel.texts(
                        model.prompts.get(firstPrompt("[result of")).getInstructions()))
                .startsWith("[summary]")
                .noneMatch(text -> text.startsWith("question"));
        assertThat(memory.compactions.get()).isGreaterThan(2);
        assertThat(newResults(lastPrompt())).contains(-110);
    }

    private int firstPrompt(String with) {
        return IntStream.range(0, model.prompts.size())
                .filter(i -> SmallWindowModel.texts(model.prompts.get(i).getInstructions()).stream()
                        .anyMatch(text -> text.contains(with)))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @EnumSource
    void memoryInsideTheToolLoop_keepsTheResults(Way way) {
        memory.kept = 1_000;
        model.window = 700;
        calls(5, 1);

        assertThat(way.ask(client(advisor(), Ordered.HIGHEST_PRECEDENCE + 1_000), lookUp(140)))
                .isEqualTo("done");

        assertThat(newResults(lastPrompt())).hasSize(5).contains(-140).endsWith(140, 140);
        assertThat(results(memory.get("s"))).containsExactly(140, 140, 140, 140, 140);
        assertThat(runs).hasValue(5);
        assertPaired();
    }

    /** As from Gemini. */
    @Test
    void callsWithoutIds_clearsNoMoreThanThat() {
        model.window = 700;
        calls(5, 1);
        var numbered = model.answers;
        model.answers = prompt -> {
            AssistantMessage answer = numbered.apply(prompt);
            return answer.hasToolCalls()
                    ? AssistantMessage.builder()
                            .content("")
                            .toolCalls(List.of(new AssistantMessage.ToolCall("", "function", "lookUp", "{}")))
                            .build()
                    : answer;
        };

        Way.CALL.ask(client(advisor()), lookUp(140));

        assertThat(newResults(lastPrompt())).containsExactly(-140, -140, 140, 140, 140);
    }

    @ParameterizedTest
    @EnumSource
    void nothingLeftToClear_isToldSo(Way way) {
        model.window = 500;
        calls(9, 1);

        assertThatThrownBy(() -> way.ask(client(advisor()), lookUp(100, 80, 400)))
                .isInstanceOf(ContextLimitExceededException.class)
                .hasMessageContaining("nothing in it can be summarized any more")
                .hasMessageContaining("a tool's response, with 400 characters")
                .hasCauseInstanceOf(NonTransientAiException.class);

        assertThat(newResults(lastPrompt())).containsExactly(-100, 80, 400);
        assertThat(model.refused).hasValue(2);
        assertThat(runs).hasValue(3);
    }

    @ParameterizedTest
    @EnumSource
    void off_isToldSoAtOnce(Way way) {
        model.window = 500;
        calls(4, 1);

        assertThatThrownBy(() -> way.ask(client(advisor().clearToolResults(false)), lookUp(200)))
                .isInstanceOf(ContextLimitExceededException.class)
                .hasMessageContaining("a tool's response, with 200 characters");

        assertThat(model.refused).hasValue(1);
        assertThat(newResults(lastPrompt())).containsExactly(200, 200, 200);
    }

    @ParameterizedTest
    @EnumSource
    void anotherErrorAfterAClearing_isRethrownUntouched(Way way) {
        model.window = 1_000;
        calls(6, 1);
        IllegalStateException down = new IllegalStateException("down");
        var answers = model.answers;
        model.answers = prompt -> {
            if (newResults(prompt).contains(-200)) {
                throw down;
            }
            return answers.apply(prompt);
        };

        assertThatThrownBy(() -> way.ask(client(advisor()), lookUp(200)))
                .satisfies(failure ->
                        assertThat(Stream.of(failure, failure.getCause())).contains(down));

        assertThat(model.prompts).hasSize(7); // there is one more result that might go
    }

    @Test
    void stream_refusedAfterTheFirstElement_isNotTriedAgain() {
        oldTurns(200, 200);
        model.window = 10_000;
        calls(3, 1);
        model.streams = answer -> answer.hasToolCalls()
                ? Flux.just(SmallWindowModel.response(answer))
                : Flux.just(SmallWindowModel.response(answer)).concatWith(Flux.error(SmallWindowModel.tooLong()));

        assertThatThrownBy(() -> Way.STREAM.ask(client(advisor().clearOldToolResults(true)), lookUp(200)))
                .satisfies(failure -> assertThat(Stream.of(failure, failure.getCause()))
                        .hasAtLeastOneElementOfType(NonTransientAiException.class));

        assertThat(model.prompts).hasSize(4);
        assertThat(memory.compactions).hasValue(0);
    }

    @Test
    void stream_refusedAfterTheFirstElementAndAClearing_isNotTriedAgain() {
        model.window = 1_000;
        calls(5, 1);
        model.streams = answer -> answer.hasToolCalls()
                ? Flux.just(SmallWindowModel.response(answer))
                : Flux.just(SmallWindowModel.response(answer)).concatWith(Flux.error(SmallWindowModel.tooLong()));

        assertThatThrownBy(() -> Way.STREAM.ask(client(advisor()), lookUp(200)));

        assertThat(model.prompts).hasSize(7);
        assertThat(model.refused).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void estimatorFails_asksTheModelAndLogsNoText(Way way) {
        model.window = 10_000;
        calls(4, 1);
        CompactionAdvisor.Builder broken = advisor()
                .proactive(400, 0.5)
                .tokenCountEstimator(new JTokkitTokenCountEstimator() {
                    @Override
                    public int estimate(@Nullable String text) {
                        throw new IllegalStateException("cannot count " + text);
                    }
                });

        try (LoggedWarnings log = new LoggedWarnings(CompactionAdvisor.class)) {
            assertThat(way.ask(client(broken), lookUp(200))).isEqualTo("done");

            assertThat(log.texts).isNotEmpty().noneMatch(text -> text.contains("count "));
        }
    }

    @Test
    void clearing_isOneLineWithoutText() {
        model.window = 700;
        calls(4, 1);

        try (LoggedWarnings log = new LoggedWarnings(CompactionAdvisor.class)) {
            Way.CALL.ask(client(advisor()), lookUp(100, 300, 120, 150));

            assertThat(log.texts)
                    .singleElement()
                    .asString()
                    .contains("Left 1 old tool results with 300 characters out of a prompt")
                    .contains("planner")
                    .doesNotContain("rrr");
        }
    }

    // Old turns

    /** The memory has stored results of so many characters each in old turns, 50 characters around each. */
    private void oldTurns(int... lengths) {
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) {
            messages.add(new UserMessage("old?"));
            messages.addAll(Conversation.of("c" + i));
            messages.add(ToolResponseMessage.builder()
                    .responses(List.of(new ToolResponse("" + i, "look_up", "o".repeat(lengths[i]))))
                    .build());
            messages.add(new AssistantMessage("old!"));
        }
        memory.add("s", messages);
    }

    @ParameterizedTest
    @EnumSource
    void oldResults_goBeforeASummaryIsPaidFor(Way way) {
        oldTurns(100, 400, 120, 110);
        model.window = 700;

        assertThat(way.ask(client(advisor().clearOldToolResults(true)), lookUp(100)))
                .isEqualTo("answer to new?");

        assertThat(memory.compactions).hasValue(0);
        assertThat(results(lastPrompt().getInstructions())).containsExactly(100, -400, 120, 110);
        assertThat(model.refused).hasValue(1);
        assertThat(results(memory.get("s"))).containsExactly(100, 400, 120, 110);
        assertPaired();
    }

    @ParameterizedTest
    @EnumSource
    void oldResultsAndAWindow_noCallIsRefused(Way way) {
        oldTurns(1_000, 4_000, 1_200, 1_100);
        model.window = 7_000;
        ChatClient client = client(advisor().clearOldToolResults(true).proactive(900, 1)); // of 8 characters each

        assertThat(way.ask(client, lookUp(100))).isEqualTo("answer to new?");

        assertThat(memory.compactions).hasValue(0);
        assertThat(results(lastPrompt().getInstructions())).containsExactly(1_000, -4_000, 1_200, 1_100);
        assertThat(model.refused).hasValue(0);
    }

    /** The memory inside the tool loop stores them. */
    @ParameterizedTest
    @EnumSource
    void oldResultsInTheBackground_goBeforeASummaryIsPaidFor(Way way) {
        model.window = 10_000;
        model.reported = 1;
        model.answers = prompt -> {
            boolean isResult =
                    prompt.getInstructions().get(prompt.getInstructions().size() - 1) instanceof ToolResponseMessage;
            return isResult
                    ? new AssistantMessage("done")
                    : AssistantMessage.builder()
                            .content("")
                            .toolCalls(List.of(callOfTheTool(model.prompts.size())))
                            .build();
        };
        CompactionAdvisor.Builder advisor = advisor().background(4_000, 0.9).clearOldToolResults(true);
        ChatClient client = client(advisor, Ordered.HIGHEST_PRECEDENCE + 400);

        for (int turn = 0; turn < 10; turn++) {
            assertThat(way.ask(client, lookUp(600))).isEqualTo("done");
        }

        assertThat(memory.compactions).hasValue(0);
        assertThat(results(lastPrompt().getInstructions()))
                .hasSize(10)
                .contains(-600)
                .endsWith(600, 600);
        assertThat(results(memory.get("s"))).hasSize(10).containsOnly(600);
        assertThat(model.refused).hasValue(0);
    }

    @ParameterizedTest
    @EnumSource
    void oldResultsAreNotEnough_summarizes(Way way) {
        oldTurns(100, 400, 300, 310);
        model.window = 500;

        assertThat(way.ask(client(advisor().clearOldToolResults(true)), lookUp(100)))
                .isEqualTo("answer to new?");

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
    }

    @ParameterizedTest
    @EnumSource
    void oldResults_stayUnlessAskedFor(Way way) {
        oldTurns(100, 400, 120, 110);
        model.window = 700;

        assertThat(way.ask(client(advisor()), lookUp(100))).isEqualTo("answer to new?");

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts).hasSize(2);
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
    }

    @Test
    void oldResultsOnly_theRunningTurnKeepsItsOwn() {
        oldTurns(150, 150);
        memory.kept = 1_000;
        model.window = 900;
        calls(5, 1);

        assertThatThrownBy(() ->
                        Way.CALL.ask(client(advisor().clearToolResults(false).clearOldToolResults(true)), lookUp(200)))
                .isInstanceOf(ContextLimitExceededException.class);

        assertThat(results(lastPrompt().getInstructions()))
                .startsWith(-150, -150)
                .doesNotContain(-200);
    }

    @Test
    void both_oldResultsGoFirst() {
        oldTurns(150, 150);
        memory.kept = 1_000;
        model.window = 900;
        calls(5, 1);

        assertThat(Way.CALL.ask(client(advisor().clearOldToolResults(true)), lookUp(200)))
                .isEqualTo("done");

        assertThat(results(model.prompts.get(firstPrompt("[result of")).getInstructions()))
                .startsWith(-150)
                .doesNotContain(-200);
        assertThat(results(lastPrompt().getInstructions())).startsWith(-150, -150, -200);
    }
}
