package io.github.agentcompaction;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Thrown when a task has waited for a compaction of its session as long as the lock timeout allows. */
public class SessionLockTimeoutException extends CompactionException {

    private static final long serialVersionUID = 1L;

    /** How long the task waited. */
    private final Duration waited;

    /**
     * Creates the exception.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param waited how long the task waited
     * @param cause the provider's context-limit error, if one made the task ask for the lease
     */
    public SessionLockTimeoutException(String agent, String sessionId, Duration waited, @Nullable Throwable cause) {
        this(
                agent,
                sessionId,
                "Gave up waiting for the lock of " + Names.session(agent, sessionId) + " after " + waited.toMillis()
                        + " ms; a compaction of this session takes longer than the lock timeout allows.",
                waited,
                cause);
    }

    SessionLockTimeoutException(
            String agent, String sessionId, String message, Duration waited, @Nullable Throwable cause) {
        super(agent, sessionId, message, cause);
        this.waited = waited;
    }

    /** {@return how long the task waited} */
    public Duration waited() {
        return waited;
    }
}
