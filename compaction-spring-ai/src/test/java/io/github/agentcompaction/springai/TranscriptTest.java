package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.content.Media;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.util.MimeTypeUtils;

class TranscriptTest {

    @Test
    void of_hasTheEarlierSummaryAndEveryMessage() {
        assertThat(Transcript.of(Optional.of("before"), Conversation.of("u1 c1 r1 a1"), Integer.MAX_VALUE))
                .isEqualTo("""
                        <earlier-summary>
                        before
                        </earlier-summary>

                        <conversation>
                        User: u1

                        Assistant calls look_up{"id":1}

                        Tool look_up: response 1

                        Assistant: a1
                        </conversation>""");
    }

    @Test
    void of_withoutEarlierSummary_hasNone() {
        assertThat(Transcript.of(Optional.empty(), Conversation.of("u1"), Integer.MAX_VALUE))
                .isEqualTo("<conversation>\nUser: u1\n</conversation>");
    }

    @Test
    void of_longMessages_areCut() {
        assertThat(Transcript.of(Optional.empty(), List.of(new UserMessage("x".repeat(50))), 10))
                .isEqualTo("<conversation>\nUser: xxxx [...]\n</conversation>");
    }

    @Test
    void of_longMessages_areNotCutInsideACharacter() {
        assertThat(Transcript.of(Optional.empty(), List.of(new UserMessage("\uD83D\uDE00\uD83D\uDE00")), 9))
                .isEqualTo("<conversation>\nUser: \uD83D\uDE00 [...]\n</conversation>");
    }

    @Test
    void line_withTextAndToolCallAndAttachment_tellsAllOfThem() {
        AssistantMessage calling = AssistantMessage.builder()
                .content("Let me see.")
                .toolCalls(List.of(new AssistantMessage.ToolCall("1", "function", "look_up", "{}")))
                .build();
        UserMessage attaching = UserMessage.builder()
                .text("What is this?")
                .media(new Media(MimeTypeUtils.IMAGE_PNG, new ByteArrayResource(new byte[] {1})))
                .build();

        assertThat(Transcript.line(calling)).isEqualTo("Assistant: Let me see.\nAssistant calls look_up{}");
        assertThat(Transcript.line(attaching)).isEqualTo("User: What is this?\nUser attaches image/png");
        assertThat(Transcript.line(new AssistantMessage(null))).isEmpty();
    }
}
