package io.github.agentcompaction.springai;

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
        return prompt.getInstructions().stream().mapToLong(this::estimate).sum() > tokens;
    }

    private long estimate(Message message) {
        long estimate = estimator.estimate(message.getText());
        if (message instanceof AssistantMessage assistant) {
            for (AssistantMessage.ToolCall call : assistant.getToolCalls()) {
                estimate += estimator.estimate(call.name()) + estimator.estimate(call.arguments());
            }
        } else if (message instanceof ToolResponseMessage tool) {
            for (ToolResponseMessage.ToolResponse response : tool.getResponses()) {
                estimate += estimator.estimate(response.responseData());
            }
        }
        return estimate;
    }
}
