package io.github.agentcompaction.springai;

import java.util.List;
import java.util.Optional;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.UserMessage;

/**
 * Writes and recognizes a summary in a conversation: a user message with a fixed text, and the assistant's answer to it.
 *
 * <p>It is no system message: some models accept only one of those, and {@code MessageWindowChatMemory} keeps only the
 * newest. It is recognized by its text, because not every repository stores metadata.
 */
final class Summaries {

    private Summaries() {}

    static List<Message> messages(String summary) {
        return List.of(new UserMessage(ChatMemoryCompactor.SUMMARY_REQUEST), new AssistantMessage(summary));
    }

    /** {@return the summary at the given place of a conversation, if there is one} */
    static Optional<String> at(int index, List<Message> messages) {
        if (index + 1 >= messages.size()) {
            return Optional.empty();
        }
        Message request = messages.get(index);
        Message summary = messages.get(index + 1);
        return request.getMessageType() == MessageType.USER
                        && ChatMemoryCompactor.SUMMARY_REQUEST.equals(request.getText())
                        && summary.getMessageType() == MessageType.ASSISTANT
                ? Optional.ofNullable(summary.getText())
                : Optional.empty();
    }
}
