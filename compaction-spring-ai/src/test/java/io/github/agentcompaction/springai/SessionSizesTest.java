package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.springai.SessionSizes.Measured;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.metadata.EmptyUsage;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;

class SessionSizesTest {

    private static final Usage NONE = new EmptyUsage();

    private final Characters estimator = new Characters();
    private final AtomicLong nanos = new AtomicLong();
    private final SessionSizes sizes =
            new SessionSizes(new ContextWindow(1000, 0.8, true, estimator), 100, Duration.ofHours(1), nanos::get);

    private final List<Message> history = new ArrayList<>();

    private Prompt prompt() {
        return new Prompt(List.copyOf(history));
    }

    private void said(int characters) {
        history.add(new UserMessage("x".repeat(characters)));
    }

    /** A turn: a question of so many characters, and an answer of 10. */
    private double turn(int question, Usage usage) {
        said(question);
        double tokens = sizes.measure("s", answer(0, usage), answer(0, usage));
        history.add(new AssistantMessage("a".repeat(10)));
        return tokens;
    }

    private Answer answer(long passing, Usage usage) {
        Answer answer = new Answer(prompt(), passing, 0);
        answer.add(response("a".repeat(10), usage));
        return answer;
    }

    private static ChatResponse response(String text, Usage usage) {
        return new ChatResponse(
                List.of(new Generation(new AssistantMessage(text))),
                ChatResponseMetadata.builder().usage(usage).build());
    }

    private boolean isExceededWith(int question) {
        List<Message> messages = new ArrayList<>(history);
        messages.add(new UserMessage("x".repeat(question)));
        return isExceededBy(new Prompt(messages));
    }

    private boolean isExceededBy(Prompt prompt) {
        Measured known = sizes.of("s").measured();
        return !SessionSizes.isSurelyWithin(1000, known, prompt)
                && sizes.estimate("s", known, prompt).tokens() > 1000;
    }

    @Test
    void measure_reported_isPromptAndAnswer() {
        assertThat(turn(100, new DefaultUsage(700, 5))).isEqualTo(705);
    }

    @Test
    void measure_notReported_isAnEstimate() {
        assertThat(turn(100, NONE)).isEqualTo(110);
        assertThat(turn(50, NONE)).isEqualTo(170);
    }

    @Test
    void measure_notReported_estimatesOnlyWhatIsNew() {
        turn(5000, NONE);
        estimator.estimated.set(0);

        turn(50, NONE);

        assertThat(estimator.estimated).hasValue(60);
    }

    @Test
    void measure_longTextNotReported_estimatesASample() {
        said(100_000);

        assertThat(turn(50, NONE)).isEqualTo(100_060);
        assertThat(estimator.estimated).hasValueLessThan(20_100);
    }

    @Test
    void measure_thoughtsInTheReport_doNotCount() {
        assertThat(turn(100, new DefaultUsage(100, 5000)))
                .isEqualTo(120); // two tokens for each character of the answer
    }

    @Test
    void measure_cacheCountedApart_isPartOfThePrompt() {
        assertThat(turn(100, new DefaultUsage(10, 5, 15, null, 500L, 90L))).isEqualTo(605);
    }

    @Test
    void measure_cacheCountedInThePrompt_isCountedOnce() {
        assertThat(turn(100, new DefaultUsage(600, 5, 605, null, 500L, 0L))).isEqualTo(605);
    }

    @Test
    void measure_historyBecameShorter_isTheShareThatIsLeft() {
        turn(990, new DefaultUsage(1990, 10)); // 2 tokens a character
        history.clear();

        assertThat(turn(500, NONE)).isEqualTo(1000 + 10);
    }

    @Test
    void measure_toolResults_countBySharesIfThereIsNothingBetter() {
        said(100);
        history.add(ToolResponseMessage.builder()
                .responses(List.of(new ToolResponseMessage.ToolResponse("1", "lookUp", "r".repeat(300))))
                .build());

        assertThat(sizes.measure("s", answer(300, new DefaultUsage(800, 10)), answer(300, new DefaultUsage(800, 10))))
                .isEqualTo(200 + 10);
    }

    @Test
    void isExceededBy_nothingKnown_goesByTheEstimate() {
        assertThat(isExceededWith(1000)).isFalse();
        assertThat(isExceededWith(1001)).isTrue();
    }

    @Test
    void isExceededBy_estimatedBefore_theAnswerDoesNotEstimateItAgain() {
        said(900);
        isExceededBy(prompt());
        history.clear();
        estimator.estimated.set(0);

        turn(900, NONE);

        assertThat(estimator.estimated).hasValue(10); // the answer
    }

    @Test
    void isExceededBy_reported_addsWhatIsNew() {
        turn(100, new DefaultUsage(890, 10)); // such as for the definitions of tools

        assertThat(isExceededWith(100)).isFalse();
        assertThat(isExceededWith(101)).isTrue();
    }

    @Test
    void isExceededBy_farFromTheLimit_estimatesNothing() {
        turn(100, new DefaultUsage(100, 10));
        estimator.estimated.set(0);

        assertThat(isExceededWith(400)).isFalse();
        assertThat(estimator.estimated).hasValue(0);
    }

    @Test
    void isExceededBy_undercountedTwofold_isCorrected() {
        turn(100, new DefaultUsage(200, 20));
        turn(100, new DefaultUsage(420, 20)); // 440 tokens, and 560 are left

        assertThat(isExceededWith(280)).isFalse();
        assertThat(isExceededWith(281)).isTrue();
    }

    @Test
    void measure_absurdReport_correctsWithinBounds() {
        turn(100, new DefaultUsage(100, 10));
        turn(100, new DefaultUsage(900, 10)); // a picture: 7 tokens for each one estimated

        assertThat(turn(100, NONE)).isEqualTo(910 + 4 * 110);
    }

    @Test
    void measure_absurdlyFewReported_correctsWithinBounds() {
        turn(100, new DefaultUsage(100, 10));
        turn(1000, new DefaultUsage(150, 10));

        assertThat(turn(100, NONE)).isEqualTo(160 + 55);
    }

    @Test
    void measure_shortTurns_areComparedTogether() {
        for (int i = 1; i <= 10; i++) {
            turn(2, new DefaultUsage(2 * (12 * i - 10), 20));
        }

        assertThat(turn(100, NONE)).isEqualTo(2 * 110 + 20 + 200 + 20);
    }

    @Test
    void isExceededBy_toolCallsAndResults_areCounted() {
        history.add(AssistantMessage.builder()
                .toolCalls(List.of(new AssistantMessage.ToolCall("id", "function", "a".repeat(200), "b".repeat(300))))
                .build());
        history.add(ToolResponseMessage.builder()
                .responses(List.of(new ToolResponseMessage.ToolResponse("id", "a", "c".repeat(400))))
                .build());

        assertThat(isExceededWith(100)).isFalse();
        assertThat(isExceededWith(101)).isTrue();
    }

    /** Nothing is reported, and the text is counted as half of what it is: a refusal tells. */
    @Test
    void refused_underestimated_isCorrected() {
        turn(490, NONE); // really 1,000 tokens
        said(10);
        assertThat(isExceededBy(prompt())).isFalse();

        sizes.refused("s", sizes.of("s").measured(), prompt());

        history.clear(); // compacted
        said(255);
        assertThat(isExceededBy(prompt())).isFalse();
        assertThat(isExceededWith(245)).isFalse();
        assertThat(isExceededWith(260)).isTrue();
    }

    @Test
    void isExceededBy_afterACompaction_isTheShareThatIsLeft() {
        turn(990, new DefaultUsage(1990, 10));
        history.clear();

        assertThat(isExceededWith(500)).isFalse();
        assertThat(isExceededWith(501)).isTrue();
    }

    @Test
    void idleSession_isForgotten() {
        turn(100, new DefaultUsage(900, 10));
        nanos.addAndGet(Duration.ofHours(1).toNanos());

        assertThat(isExceededWith(890)).isFalse();
    }

    @Test
    void answer_ofAStream_hasTheHighestReportAndAllText() {
        Answer answer = new Answer(new Prompt("x"), 0, 0);
        answer.add(response("one", new DefaultUsage(50, 1)));
        answer.add(response(" two", NONE));
        answer.add(new ChatResponse(
                List.of(),
                ChatResponseMetadata.builder().usage(new DefaultUsage(50, 9)).build()));

        assertThat(answer.text()).isEqualTo("one two");
        assertThat(answer.promptTokens()).isEqualTo(50);
        assertThat(answer.completionTokens()).isEqualTo(9);
        assertThat(answer.callsTools()).isFalse();
    }
}
