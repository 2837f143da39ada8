package io.github.agentcompaction;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the compactor has failed: it threw, or returned a blank summary.
 *
 * <p>After too many failures in a row it is also thrown for tasks whose session is suspended, without calling the compactor
 * ({@link #rejected()}); the cause is then that of the last failure.
 */
public class CompactionFailedException extends CompactionException {

    private static final long serialVersionUID = 1L;

    /** Whether the compactor was not called at all. */
    private final boolean rejected;

    /**
     * Creates the exception.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param message what went wrong, without any text of the conversation
     * @param cause what the compactor threw, if it threw
     * @param rejected whether the compactor was not called, because it had failed too often
     */
    public CompactionFailedException(
            String agent, String sessionId, String message, @Nullable Throwable cause, boolean rejected) {
        super(agent, sessionId, message, cause);
        this.rejected = rejected;
    }

    /** {@return whether the compactor was not called for this task, because it had failed too often for the session} */
    public boolean rejected() {
        return rejected;
    }
}
