package io.github.agentcompaction.springai;

import io.github.agentcompaction.ContextLimitExceededException;
import java.util.Comparator;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.prompt.Prompt;

/** Says which message of a prompt is too long, by its author and length: what a user can do something about. Quotes nothing. */
final class LongestMessage {

    private LongestMessage() {}

    /** {@return the same exception, which also names the longest message of the prompt that was sent last} */
    static ContextLimitExceededException named(ContextLimitExceededException failure, AtomicReference<Prompt> sent) {
        return named(failure, Objects.requireNonNull(failure.getCause()), sent);
    }

    /**
     * {@return the same, where the model was called again after that}
     *
     * @param refusal the provider's last error
     */
    static ContextLimitExceededException named(
            ContextLimitExceededException failure, Throwable refusal, AtomicReference<Prompt> sent) {
        Prompt prompt = Objects.requireNonNull(sent.get());
        Message longest = prompt.getInstructions().stream()
                .max(Comparator.comparingInt(LongestMessage::length))
                .orElseThrow();
        ContextLimitExceededException named = new ContextLimitExceededException(
                failure.agent(),
                failure.sessionId(),
                failure.getMessage() + " Its longest message is " + author(longest, prompt) + ", with "
                        + length(longest) + " characters.",
                refusal);
        named.setStackTrace(failure.getStackTrace());
        return named;
    }

    private static int length(Message message) {
        if (message instanceof ToolResponseMessage tool) {
            return tool.getResponses().stream()
                    .mapToInt(response -> response.responseData().length())
                    .sum();
        }
        return message.getText() == null ? 0 : message.getText().length();
    }

    private static String author(Message message, Prompt prompt) {
        return switch (message.getMessageType()) {
            case USER -> message == prompt.getUserMessage() ? "the user's last one" : "an earlier one of the user";
            case SYSTEM -> "the system message";
            case ASSISTANT -> "one of the model";
            case TOOL -> "a tool's response";
        };
    }
}
