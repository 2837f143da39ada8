package io.github.agentcompaction.springai;

import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.tokenizer.TokenCountEstimator;

/**
 * Says whether a prompt has more tokens of text than it may have before the session is compacted ahead of the model's error.
 *
 * <p>Pictures and the like are not counted: an estimator would take their bytes for text.
 */
record PromptBudget(double tokens, TokenCountEstimator estimator) {

    boolean isExceededBy(Prompt prompt) {
        return length(prompt, estimator::estimate) > tokens;
    }

    /** {@return how long a prompt's texts, tool calls and results are together, by some measure} */
    static long length(Prompt prompt, ToIntFunction<@Nullable String> measure) {
        return prompt.getInstructions().stream()
                .mapToLong(message -> length(message, measure))
                .sum();
    }

    private static long length(Message message, ToIntFunction<@Nullable String> measure) {
        long length = measure.applyAsInt(message.getText());
        if (message instanceof AssistantMessage assistant) {
            for (AssistantMessage.ToolCall call : assistant.getToolCalls()) {
                length += measure.applyAsInt(call.name()) + measure.applyAsInt(call.arguments());
            }
        } else if (message instanceof ToolResponseMessage tool) {
            for (ToolResponseMessage.ToolResponse response : tool.getResponses()) {
                length += measure.applyAsInt(response.responseData());
            }
        }
        return length;
    }
}
