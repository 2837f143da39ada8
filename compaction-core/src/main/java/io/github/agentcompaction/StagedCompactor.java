package io.github.agentcompaction;

import java.util.Optional;

/**
 * A {@link Compactor} in two steps: a slow one that asks the model and changes nothing, and a short one that puts the
 * summary in place.
 *
 * <p>The template calls both under the session's lease, one after the other. What is prepared and never applied has
 * changed nothing.
 *
 * <p><b>Thread safety.</b> As for {@link Compactor}. A {@link Prepared} is used by one thread at a time.
 */
@FunctionalInterface
public interface StagedCompactor extends Compactor {

    /**
     * Summarizes the older part of a session and leaves its history as it is.
     *
     * @param sessionId the session to shrink
     * @return the prepared compaction, or empty if nothing is left to compact
     * @throws Exception if the summary could not be made
     */
    Optional<Prepared> prepare(String sessionId) throws Exception;

    /**
     * The same, for a compactor that asks for its lease: one that hands the fence on to the system that it writes to, or stops
     * when the lease is lost. The template calls this one.
     *
     * @param sessionId the session to shrink
     * @param lease the lease under which it works
     * @return the prepared compaction, or empty if nothing is left to compact
     * @throws Exception if the summary could not be made
     */
    default Optional<Prepared> prepare(String sessionId, LeaseStatus lease) throws Exception {
        return prepare(sessionId);
    }

    /**
     * Prepares and applies.
     *
     * @param sessionId the session to shrink
     * @return the summary, or empty if nothing is left to compact or the history was rewritten meanwhile
     * @throws Exception if the session could not be compacted
     */
    @Override
    default Optional<String> compact(String sessionId) throws Exception {
        return prepare(sessionId).filter(Prepared::apply).map(Prepared::summary);
    }

    /** A summary that was paid for and is not yet in the history. */
    interface Prepared {

        /**
         * Tells the summary. Where the model was paid and has made none, this may throw, instead of
         * {@link StagedCompactor#prepare}: then {@link #usage} counts for the compaction that has failed.
         *
         * @return the summary that the user may be shown, not blank
         */
        String summary();

        /**
         * Puts the summary in the place of what it summarizes; short. Called once, or again after the transaction of a store
         * was rolled back. What was appended since {@link StagedCompactor#prepare} stays.
         *
         * @return false if what was summarized is not in the history any more; nothing was changed then
         */
        boolean apply();

        /** {@return what the compaction saves and cost} Called before the other two. */
        default CompactionUsage usage() {
            return CompactionUsage.UNKNOWN;
        }
    }
}
