package io.github.agentcompaction;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a session could not be compacted; the parent of all exceptions of this library.
 *
 * <p>Thrown as itself when a compaction was interrupted or cancelled, and when a compactor uses the template for the very
 * session that it is compacting. Messages name agent and session and never quote the conversation.
 */
public class CompactionException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The agent's name. */
    private final String agent;

    /** The session's id, as the caller gave it. */
    private final String sessionId;

    /**
     * Creates the exception.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param message what went wrong, without any text of the conversation
     * @param cause the cause, if there is one
     */
    public CompactionException(String agent, String sessionId, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.agent = agent;
        this.sessionId = sessionId;
    }

    /** {@return the agent's name} */
    public String agent() {
        return agent;
    }

    /** {@return the session's id, as the caller gave it: it may hold line breaks} */
    public String sessionId() {
        return sessionId;
    }
}
