package io.github.agentcompaction.benchmarks.sidebyside;

import java.util.List;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;

/** What Spring AI's models say. */
final class Replies {

    private Replies() {}

    static ChatResponse of(String text) {
        return new ChatResponse(List.of(new Generation(new AssistantMessage(text))));
    }

    static List<String> texts(List<Message> messages) {
        return messages.stream()
                .map(message -> String.valueOf(message.getText()))
                .toList();
    }
}
