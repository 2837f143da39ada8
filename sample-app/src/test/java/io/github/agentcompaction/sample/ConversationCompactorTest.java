package io.github.agentcompaction.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;

/** Where a conversation is cut; the rest is in {@link OverflowTest}. */
class ConversationCompactorTest {

    @Test
    void evenTurns_areCutInTheMiddle() {
        assertThat(cut("u10", "a10", "u10", "a10", "u10", "a10", "u10", "a10")).isEqualTo(4);
    }

    @Test
    void cutIsAtUserTurn() {
        assertThat(cut("u10", "a10", "a10", "a10", "a10", "u10", "a10")).isEqualTo(5);
    }

    @Test
    void newestTurn_stays_alsoIfItIsTheLonger() {
        assertThat(cut("u10", "a10", "u10", "a10", "u90", "a90")).isEqualTo(4);
    }

    @Test
    void longFirstTurn_goesAlone() {
        assertThat(cut("u90", "a90", "u10", "a10", "u10", "a10")).isEqualTo(2);
    }

    @Test
    void summaryAndOneTurn_bothGo() {
        assertThat(cut("s50", "u10", "a10")).isEqualTo(3);
    }

    private static int cut(String... messages) {
        List<Message> conversation =
                Arrays.stream(messages).map(ConversationCompactorTest::message).toList();
        return ConversationCompactor.cut(conversation);
    }

    private static Message message(String kindAndLength) {
        String text = "x".repeat(Integer.parseInt(kindAndLength.substring(1)));
        return switch (kindAndLength.charAt(0)) {
            case 's' -> new SystemMessage(text);
            case 'u' -> new UserMessage(text);
            default -> new AssistantMessage(text);
        };
    }
}
