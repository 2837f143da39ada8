package io.github.agentcompaction;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a session could not be compacted; the parent of all exceptions of this library.
 *
 * <p>Thrown as itself when a compaction was interrupted or cancelled, when a compactor uses the template for the very session that
 * it is compacting, and when a store that commits in transactions of its own is asked inside one. Messages name agent and session and
 * never quote the conversation.
 */
public class CompactionException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The agent's name. */
    private final String agent;

    /** The session's id, as the caller gave it. */
    private final String sessionId;

    /** Whether it was interrupted or cancelled, which says nothing about whether it would work. */
    private final boolean stopped;

    /**
     * Creates the exception.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param message what went wrong, without any text of the conversation
     * @param cause the cause, if there is one
     */
    public CompactionException(String agent, String sessionId, String message, @Nullable Throwable cause) {
        this(agent, sessionId, message, cause, false);
    }

    private CompactionException(
            String agent, String sessionId, String message, @Nullable Throwable cause, boolean stopped) {
        super(message, cause);
        this.agent = agent;
        this.sessionId = sessionId;
        this.stopped = stopped;
    }

    /** {@return the exception of a compaction, or of a wait for one, that was interrupted or cancelled} */
    static CompactionException stopped(CompactionAttempt attempt, String message, Throwable cause) {
        return new CompactionException(attempt.agent(), attempt.sessionId(), message, cause, true);
    }

    boolean isStopped() {
        return stopped;
    }

    /**
     * Tells whether a compaction ended by an interrupt of the current thread, which says nothing about whether it would
     * work. An interrupt that the compactor has wrapped without setting the flag again is its failure, like any other.
     *
     * @param failure what the compactor threw; null looks at the thread's flag alone
     * @return whether this thread was interrupted
     */
    public static boolean isInterrupt(@Nullable Throwable failure) {
        return Thread.currentThread().isInterrupted() || failure instanceof InterruptedException;
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
