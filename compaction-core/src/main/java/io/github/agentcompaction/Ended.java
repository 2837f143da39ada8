package io.github.agentcompaction;

import org.jspecify.annotations.Nullable;

/**
 * How a compaction ended, in the form in which it is handed to the tasks that waited for it.
 *
 * @param outcome the outcome
 * @param message what the exception of a failed or rejected task says
 * @param cause what the compactor threw, if it threw
 */
record Ended(
        CompactionOutcome outcome,
        @Nullable String message,
        @Nullable Throwable cause) implements Turn {

    static Ended of(CompactionOutcome outcome) {
        return new Ended(outcome, null, null);
    }
}
