package io.github.agentcompaction;

import org.jspecify.annotations.Nullable;

/** Thrown when the store that the replicas share could not be asked, and {@link OnUnavailable#FAIL} is set. */
public class StoreUnavailableException extends CompactionException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param message what could not be done, without any text of the conversation
     * @param cause what the store's client threw
     */
    public StoreUnavailableException(String agent, String sessionId, String message, @Nullable Throwable cause) {
        super(agent, sessionId, message, cause);
    }
}
