package io.github.agentcompaction.springai;

import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolExecutionResult;

/**
 * What a model has answered to one prompt, all elements of a stream together, and what its provider reports of the tokens.
 *
 * <p>Not thread-safe; the elements of a stream come one after the other.
 */
final class Answer {

    /**
     * More than any tokenizer makes of a character. Where a provider counts what a model has thought, which the history does
     * not hold, the text bounds it.
     */
    static final int MOST_TOKENS_OF_A_CHARACTER = 2;

    private final Prompt prompt;
    private final long characters;
    private final long passing;
    private final long epoch;

    private final StringBuilder text = new StringBuilder();
    private boolean begun;
    private boolean callsTools;
    private boolean returnedDirectly;
    private long promptTokens;
    private long completionTokens;

    /**
     * @param prompt the prompt as the model was given it
     * @param passing how many of its characters are not there in the session's next turn
     * @param epoch the session's epoch from before the history in it was read
     */
    Answer(Prompt prompt, long passing, long epoch) {
        this.prompt = prompt;
        this.characters = Messages.length(prompt);
        this.passing = passing;
        this.epoch = epoch;
    }

    void add(@Nullable ChatResponse response) {
        if (response == null) {
            return;
        }
        begun = true;
        for (Generation generation : response.getResults()) {
            AssistantMessage message = generation.getOutput();
            callsTools |= message.hasToolCalls();
            if (message.getText() != null) {
                text.append(message.getText());
            }
        }
        Usage usage = response.getMetadata().getUsage(); // the elements count up, or the last one tells
        promptTokens = Math.max(promptTokens, promptTokens(usage));
        completionTokens = Math.max(completionTokens, completionTokens(usage));
    }

    /**
     * Reads what a provider reports of a prompt. Those that count apart what they took from a cache report few tokens of the
     * prompt, and many of the cache.
     */
    static long promptTokens(@Nullable Usage usage) {
        if (usage == null) {
            return 0;
        }
        long prompt = orZero(usage.getPromptTokens());
        long cached = orZero(usage.getCacheReadInputTokens()) + orZero(usage.getCacheWriteInputTokens());
        return cached > prompt ? prompt + cached : prompt;
    }

    /** Reads what a provider reports of an answer. */
    static long completionTokens(@Nullable Usage usage) {
        return usage == null ? 0 : orZero(usage.getCompletionTokens());
    }

    private static long orZero(@Nullable Number tokens) {
        return tokens == null ? 0 : tokens.longValue();
    }

    boolean hasBegun() {
        return begun;
    }

    /** Adds what the caller is given. Results of tools that end the turn take the place of what the model has answered. */
    void returns(@Nullable ChatResponse response) {
        if (response == null || !callsTools) {
            return;
        }
        for (Generation generation : response.getResults()) {
            if (!ToolExecutionResult.FINISH_REASON.equals(
                    generation.getMetadata().getFinishReason())) {
                continue;
            }
            if (!returnedDirectly) {
                returnedDirectly = true;
                text.setLength(0);
                completionTokens = 0; // those are of the call of the tool
            }
            if (generation.getOutput().getText() != null) {
                text.append(generation.getOutput().getText());
            }
        }
    }

    /** Whether the model is to be called again, with the results of tools. */
    boolean callsTools() {
        return callsTools && !returnedDirectly;
    }

    Prompt prompt() {
        return prompt;
    }

    /** How long the text of the prompt is. */
    long characters() {
        return characters;
    }

    long passing() {
        return passing;
    }

    long epoch() {
        return epoch;
    }

    String text() {
        return text.toString();
    }

    /** What the provider reports for the prompt, or 0 if it does not. */
    long promptTokens() {
        return promptTokens;
    }

    /** What the provider reports for the answer, or 0 if it does not, or a tool has given it. */
    long completionTokens() {
        return Math.min(completionTokens, (long) MOST_TOKENS_OF_A_CHARACTER * text.length());
    }
}
