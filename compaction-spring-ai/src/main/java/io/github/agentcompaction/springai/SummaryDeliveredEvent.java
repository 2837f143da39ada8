package io.github.agentcompaction.springai;

import java.util.Objects;

/**
 * Published when a session's deferred summary was handed out with the answer of a root call: once for each summary, on the
 * thread that handed it out.
 *
 * @param agent the agent's name
 * @param sessionId the session's id
 * @param summary the text that the user may be shown
 */
public record SummaryDeliveredEvent(String agent, String sessionId, String summary) {

    /**
     * Creates the event.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param summary the text that the user may be shown
     * @throws NullPointerException if an argument is null
     */
    public SummaryDeliveredEvent {
        Objects.requireNonNull(agent, "agent must not be null");
        Objects.requireNonNull(sessionId, "sessionId must not be null");
        Objects.requireNonNull(summary, "summary must not be null");
    }

    /** {@return how long the summary is: its text belongs in no log, and an id may hold line breaks} */
    @Override
    public String toString() {
        return "SummaryDeliveredEvent[" + summary.length() + " characters]";
    }
}
