package io.github.agentcompaction.spring.boot.events;

import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTrigger;
import io.github.agentcompaction.CompactionUsage;
import java.time.Duration;
import java.util.Objects;

/**
 * Published when a compaction has ended of which {@link CompactionStarted} was published, on the thread that compacted. This process has
 * given the session's lease back; a store that replicas share may have it a moment later. Holds no text of the conversation.
 *
 * @param agent the agent's name
 * @param sessionId the session's id
 * @param trigger why the session was compacted
 * @param outcome how the compaction ended
 * @param took the time spent in the compactor
 * @param joined how many tasks waited for it and went on with it
 * @param usage what it saved and cost, where the compactor tells
 */
public record CompactionEnded(
        String agent,
        String sessionId,
        CompactionTrigger trigger,
        CompactionOutcome outcome,
        Duration took,
        int joined,
        CompactionUsage usage) {

    /**
     * Creates the event.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param trigger why the session was compacted
     * @param outcome how the compaction ended
     * @param took the time spent in the compactor
     * @param joined how many tasks waited for it and went on with it
     * @param usage what it saved and cost
     * @throws NullPointerException if an argument is null
     */
    public CompactionEnded {
        Objects.requireNonNull(agent, "agent must not be null");
        Objects.requireNonNull(sessionId, "sessionId must not be null");
        Objects.requireNonNull(trigger, "trigger must not be null");
        Objects.requireNonNull(outcome, "outcome must not be null");
        Objects.requireNonNull(took, "took must not be null");
        Objects.requireNonNull(usage, "usage must not be null");
    }

    /** {@return how it ended: an id may hold line breaks} */
    @Override
    public String toString() {
        return "CompactionEnded[" + trigger + ", " + outcome + " in " + took.toMillis() + " ms]";
    }
}
