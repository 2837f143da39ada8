package io.github.agentcompaction.springai;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
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

    /** The question whose answer is spring-ai-session's summary, unless its strategy was built with another one. */
    static final String SESSION_SUMMARY_REQUEST = "Summarize the conversation we had so far.";

    private Summaries() {}

    /** {@return whether there is a summary anywhere, ours or spring-ai-session's} */
    static boolean areIn(List<Message> messages) {
        return IntStream.range(0, messages.size() - 1)
                .anyMatch(index -> isAnswered(ChatMemoryCompactor.SUMMARY_REQUEST, index, messages)
                        || isAnswered(SESSION_SUMMARY_REQUEST, index, messages));
    }

    static List<Message> messages(String summary) {
        return List.of(new UserMessage(ChatMemoryCompactor.SUMMARY_REQUEST), new AssistantMessage(summary));
    }

    /** {@return the summary at the given place of a conversation, if there is one} */
    static Optional<String> at(int index, List<Message> messages) {
        return index + 1 < messages.size() && isAnswered(ChatMemoryCompactor.SUMMARY_REQUEST, index, messages)
                ? Optional.ofNullable(messages.get(index + 1).getText())
                : Optional.empty();
    }

    private static boolean isAnswered(String request, int index, List<Message> messages) {
        Message asked = messages.get(index);
        return asked.getMessageType() == MessageType.USER
                && request.equals(asked.getText())
                && messages.get(index + 1).getMessageType() == MessageType.ASSISTANT;
    }
}
