package io.github.agentcompaction.springai;

import java.util.List;
import java.util.Optional;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.UserMessage;

/**
 * How a summary stands in a conversation: as a question with a fixed text, and the answer to it.
 *
 * <p>Not as a system message, of which some models accept only one and {@code MessageWindowChatMemory} keeps only the
 * newest; and recognised by its text, because not every repository stores metadata.
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
