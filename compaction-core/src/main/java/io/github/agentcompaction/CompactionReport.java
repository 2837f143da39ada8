package io.github.agentcompaction;

import java.time.Duration;
import java.util.Objects;

/**
 * How an attempt to have a session compacted has ended. Holds no text of the conversation.
 *
 * @param trigger why the session was to be compacted
 * @param outcome how it ended
 * @param took the time spent in the compactor, or for {@link CompactionOutcome#JOINED} and
 *     {@link CompactionOutcome#REJECTED} the time spent waiting for that answer; on the state's ticker
 * @param joined how many tasks waited for the compaction and went on with it; 0 if this attempt compacted nothing
 * @param usage what a compaction saved and cost, where the compactor tells
 */
public record CompactionReport(
        CompactionTrigger trigger, CompactionOutcome outcome, Duration took, int joined, CompactionUsage usage) {

    /**
     * Checks that nothing is null.
     *
     * @param trigger why the session was to be compacted
     * @param outcome how it ended
     * @param took how long it took
     * @param joined how many tasks went on with it
     * @param usage what it saved and cost
     */
    public CompactionReport {
        Objects.requireNonNull(trigger, "trigger must not be null");
        Objects.requireNonNull(outcome, "outcome must not be null");
        Objects.requireNonNull(took, "took must not be null");
        Objects.requireNonNull(usage, "usage must not be null; use CompactionUsage.UNKNOWN");
    }
    /** {@return by how many tokens the history is shorter now, an estimate; 0 where it is not, or where that is not known} */
    public long tokensSaved() {
        return outcome == CompactionOutcome.COMPACTED
                        && usage.tokensBefore().isPresent()
                        && usage.tokensAfter().isPresent()
                ? Math.max(
                        0,
                        usage.tokensBefore().getAsLong() - usage.tokensAfter().getAsLong())
                : 0;
    }
}
