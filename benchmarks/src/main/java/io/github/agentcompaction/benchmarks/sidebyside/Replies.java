package io.github.agentcompaction.benchmarks.sidebyside;

import java.util.ArrayList;
import java.util.List;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;

/** What Spring AI's models say, and the messages of a conversation. */
final class Replies {

    private Replies() {}

    static ChatResponse of(String text) {
        return new ChatResponse(List.of(new Generation(new AssistantMessage(text))));
    }

    /** A model whose window is smaller than the history, but has room for the tasks when a part of that is gone. */
    static ChatModel refusing(Ledger ledger, Timing timing) {
        int window = Ledger.HISTORY * Ledger.LENGTH - Ledger.LENGTH;
        return prompt -> {
            Pause.millis(timing.answer());
            if (prompt.getContents().length() > window) {
                throw new IllegalStateException("HTTP 400 - {\"error\":{\"code\":\"context_length_exceeded\"}}");
            }
            return of(ledger.message());
        };
    }

    /** The history, the user and the assistant in turn. */
    static List<Message> history(Ledger ledger) {
        List<Message> messages = new ArrayList<>();
        for (String text : ledger.history()) {
            messages.add(messages.size() % 2 == 0 ? new UserMessage(text) : new AssistantMessage(text));
        }
        return messages;
    }

    static List<String> texts(List<Message> messages) {
        return messages.stream()
                .map(message -> String.valueOf(message.getText()))
                .toList();
    }
}
