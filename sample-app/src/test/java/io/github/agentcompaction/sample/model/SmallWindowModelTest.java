package io.github.agentcompaction.sample.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.sample.model.SmallWindowModel.Turn;
import io.github.agentcompaction.sample.model.SmallWindowModel.WindowExceededException;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the embedded model answers. */
class SmallWindowModelTest {

    private static final Turn INSTRUCTION = new Turn("system", "You are a planner.");

    private final SmallWindowModel model = new SmallWindowModel();

    @Test
    void question_isQuotedAndTheMessagesBeforeItAreCounted() {
        List<Turn> conversation = List.of(
                INSTRUCTION,
                new Turn("user", "One"),
                new Turn("assistant", "Two"),
                new Turn("user", "Three\nand more"));

        assertThat(model.answer(conversation)).isEqualTo("On \"Three\": I read 2 messages before it.");
        assertThat(model.answer(conversation)).isEqualTo(model.answer(conversation));
    }

    @Test
    void summaryBeforeTheQuestion_isMentioned() {
        List<Turn> conversation = List.of(
                INSTRUCTION,
                new Turn("user", ChatMemoryCompactor.SUMMARY_REQUEST),
                new Turn("assistant", "The user said \"One\"."),
                new Turn("user", "Two"),
                new Turn("user", "Three"));

        assertThat(model.answer(conversation)).isEqualTo("On \"Three\": I read a summary and 1 message before it.");
    }

    @Test
    void fullWindow_isAnswered_oneCharacterMore_isNot() {
        String full = "x".repeat(SmallWindowModel.WINDOW * 4);

        assertThat(model.answer(List.of(new Turn("user", full)))).startsWith("On \"xxx");
        assertThatThrownBy(() -> model.answer(List.of(new Turn("user", full + "x"))))
                .isInstanceOf(WindowExceededException.class)
                .hasMessage("This model's maximum context length is 2000 tokens. However, your messages resulted in"
                        + " 2001 tokens. Please reduce the length of the messages.");
    }

    @Test
    void summary_quotesTheUserAndCarriesTheEarlierSummaryOver() {
        String summary = model.answer(List.of(new Turn("user", ChatMemoryCompactor.DEFAULT_PROMPT + """


                <earlier-summary>
                The user said "One".
                </earlier-summary>

                <conversation>
                User: Two
                and more

                Assistant: I heard two.
                </conversation>""")));

        assertThat(summary).isEqualTo("The user said \"One\". The user said \"Two\".");
    }

    @Test
    void summary_ofTheConversationSoFar_isTheSame() {
        String summary = model.answer(List.of(
                INSTRUCTION,
                new Turn("user", ChatMemoryCompactor.SUMMARY_REQUEST),
                new Turn("assistant", "The user said \"One\"."),
                new Turn("user", "Two\nand more"),
                new Turn("assistant", "I heard two."),
                new Turn("user", ChatMemoryCompactor.DEFAULT_CONTINUATION_PROMPT)));

        assertThat(summary).isEqualTo("The user said \"One\". The user said \"Two\".");
    }

    @Test
    void nothingSaid_isAnsweredToo() {
        assertThat(model.answer(List.of())).isEqualTo("You have not said anything yet.");
    }
}
