package io.github.agentcompaction.springai;

import java.util.Objects;

/**
 * Says that a root call was answered and the session's deferred summary handed out with the answer. Published once for
 * each summary, after the model has answered, on the thread that handed it out.
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

    /** {@return agent and session on one line, without the summary, which belongs in no log} */
    @Override
    public String toString() {
        return "SummaryDeliveredEvent[agent=" + onOneLine(agent) + ", sessionId=" + onOneLine(sessionId) + "]";
    }

    private static String onOneLine(String name) {
        return name.replaceAll("[\\p{Cntrl}\\u0085\\u2028\\u2029]", "?");
    }
}
