package io.github.agentcompaction;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a task has lost its session's lease at the store to another replica, because it did not renew it in time: its
 * process or the network stood still. The session's epoch has not moved for it, and what it had prepared was not written, unless
 * the store has no transactions and the lease was lost in the moment of the write; the message says which.
 */
public class LeaseLostException extends CompactionException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param message what was lost, without any text of the conversation
     * @param cause the cause, if there is one
     */
    public LeaseLostException(String agent, String sessionId, String message, @Nullable Throwable cause) {
        super(agent, sessionId, message, cause);
    }
}
