package io.github.agentcompaction.spring.boot.events;

import io.github.agentcompaction.CompactionTrigger;
import java.util.Objects;

/**
 * Published when a session begins to be compacted, on the thread that will call the compactor and under the session's lease.
 * {@link CompactionEnded} follows on the same thread, however it ends. Attempts that join or are rejected publish nothing.
 *
 * @param agent the agent's name
 * @param sessionId the session's id
 * @param trigger why the session is compacted
 */
public record CompactionStarted(String agent, String sessionId, CompactionTrigger trigger) {

    /**
     * Creates the event.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param trigger why the session is compacted
     * @throws NullPointerException if an argument is null
     */
    public CompactionStarted {
        Objects.requireNonNull(agent, "agent must not be null");
        Objects.requireNonNull(sessionId, "sessionId must not be null");
        Objects.requireNonNull(trigger, "trigger must not be null");
    }

    /** {@return the trigger: an id may hold line breaks} */
    @Override
    public String toString() {
        return "CompactionStarted[" + trigger + "]";
    }
}
