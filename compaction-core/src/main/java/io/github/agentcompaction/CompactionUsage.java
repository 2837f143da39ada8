package io.github.agentcompaction;

import java.util.Objects;
import java.util.OptionalLong;

/**
 * What a compaction saved and cost, in tokens; each number is empty where it is not known.
 *
 * @param tokensBefore size of the history before the compaction, an estimate
 * @param tokensAfter size of the history after the compaction, an estimate
 * @param promptTokens what the provider counted for the prompts that asked for the summary
 * @param completionTokens what the provider counted for the summary
 */
public record CompactionUsage(
        OptionalLong tokensBefore, OptionalLong tokensAfter, OptionalLong promptTokens, OptionalLong completionTokens) {

    /** Nothing is known. */
    public static final CompactionUsage UNKNOWN =
            new CompactionUsage(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());

    /**
     * Checks that no number is null.
     *
     * @param tokensBefore size of the history before the compaction
     * @param tokensAfter size of the history after the compaction
     * @param promptTokens tokens of the prompts that asked for the summary
     * @param completionTokens tokens of the summary
     */
    public CompactionUsage {
        Objects.requireNonNull(tokensBefore, "tokensBefore must not be null; use OptionalLong.empty()");
        Objects.requireNonNull(tokensAfter, "tokensAfter must not be null; use OptionalLong.empty()");
        Objects.requireNonNull(promptTokens, "promptTokens must not be null; use OptionalLong.empty()");
        Objects.requireNonNull(completionTokens, "completionTokens must not be null; use OptionalLong.empty()");
    }
}
