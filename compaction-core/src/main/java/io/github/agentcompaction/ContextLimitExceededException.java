package io.github.agentcompaction;

/**
 * Thrown when the conversation is too long for the model and cannot be made shorter: nothing is left to compact, or the
 * task hit the limit again after every compaction that it was allowed.
 *
 * <p>The message may be shown to a user; the cause is the provider's error.
 */
public class ContextLimitExceededException extends CompactionException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param message what to tell the user
     * @param cause the provider's error
     */
    public ContextLimitExceededException(String agent, String sessionId, String message, Throwable cause) {
        super(agent, sessionId, message, cause);
    }
}
