package io.github.agentcompaction;

import java.util.Optional;

/**
 * Summarizes the older part of a session and puts the summary in its place; the application's part of a compaction.
 *
 * <p>It is called under the session's lease, so never twice at once for a session of an agent; it may block. An agent
 * has one compactor for all its sessions, which therefore must be thread-safe. It must not use the template of the same
 * agent for the same session: it would wait for itself, so the template refuses that at once.
 */
@FunctionalInterface
public interface Compactor {

    /**
     * Compacts one session. It must leave the session's history as it was when it throws.
     *
     * @param sessionId the session to shrink
     * @return the summary that the user may be shown, or empty if nothing is left to compact; a blank text counts as a
     *     failure
     * @throws Exception if the session could not be compacted
     */
    Optional<String> compact(String sessionId) throws Exception;

    /**
     * The same, for a compactor that asks for its lease: one that hands the fence on to the system that it writes to, or stops
     * when the lease is lost. The template calls this one.
     *
     * @param sessionId the session to shrink
     * @param lease the lease under which it works
     * @return the summary that the user may be shown, or empty if nothing is left to compact
     * @throws Exception if the session could not be compacted
     */
    default Optional<String> compact(String sessionId, LeaseStatus lease) throws Exception {
        return compact(sessionId);
    }
}
