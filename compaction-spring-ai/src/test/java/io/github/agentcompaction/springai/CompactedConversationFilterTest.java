package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.observation.Observation;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.session.compaction.RecursiveSummarizationCompactionStrategy;

class CompactedConversationFilterTest {

    private final CompactedConversationFilter filter = new CompactedConversationFilter();

    @Test
    void promptWithASummary_isMarked() {
        Observation.Context context = context(
                new SystemMessage("You are a guide."),
                new UserMessage(ChatMemoryCompactor.SUMMARY_REQUEST),
                new AssistantMessage("the summary"),
                new UserMessage("And now?"));

        assertThat(filter.map(context)).isSameAs(context);

        assertThat(context.getHighCardinalityKeyValues()).containsExactly(CompactedConversationFilter.COMPACTED);
        assertThat(context.getLowCardinalityKeyValues()).isEmpty();
        assertThat(CompactedConversationFilter.COMPACTED).hasToString("keyValue(gen_ai.conversation.compacted=true)");
    }

    @Test
    void promptWithASummaryOfSpringAiSession_isMarked() {
        assertThat(isMarked(
                        new UserMessage(RecursiveSummarizationCompactionStrategy.DEFAULT_SUMMARY_SHADOW_PROMPT),
                        new AssistantMessage("the summary"),
                        new UserMessage("And now?")))
                .isTrue();
    }

    @Test
    void promptWithout_isNotMarked() {
        assertThat(isMarked(new UserMessage("Hello"))).isFalse();
        assertThat(isMarked(new UserMessage("Hello"), new AssistantMessage("Hello"), new UserMessage("And now?")))
                .isFalse();
        assertThat(isMarked()).isFalse();
    }

    /** A user may write those words; nobody has answered them with a summary. */
    @Test
    void requestThatIsNotAnswered_isNotMarked() {
        assertThat(isMarked(new UserMessage(ChatMemoryCompactor.SUMMARY_REQUEST)))
                .isFalse();
        assertThat(isMarked(new UserMessage(ChatMemoryCompactor.SUMMARY_REQUEST), new UserMessage("And now?")))
                .isFalse();
    }

    @Test
    void otherObservations_areLeftAlone() {
        Observation.Context context = new Observation.Context();

        assertThat(filter.map(context).getHighCardinalityKeyValues()).isEmpty();
    }

    private boolean isMarked(Message... messages) {
        return filter.map(context(messages)).getHighCardinalityKeyValues().stream()
                .findAny()
                .isPresent();
    }

    private static Observation.Context context(Message... messages) {
        return ChatModelObservationContext.builder()
                .prompt(new Prompt(List.of(messages)))
                .provider("test")
                .build();
    }
}
