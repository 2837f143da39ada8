package io.github.agentcompaction;

/** How a task's attempt to have its session compacted ended. */
public enum CompactionOutcome {
    /** This task compacted the session. */
    COMPACTED,
    /** Another task compacted the session meanwhile, or its history was rewritten; this task uses the result. */
    JOINED,
    /** The compactor found nothing left to compact. */
    NOTHING,
    /** The compactor threw, or returned a blank summary; or a compaction in the background was refused inside a transaction. */
    FAILED,
    /**
     * Not tried: the session failed too often in a row and its cool-down has not passed; or enough compactions run in the
     * background, or none may begin any more.
     */
    REJECTED,
    /** The compaction was interrupted or cancelled, and has changed nothing. Told to listeners; callers get an exception. */
    CANCELLED
}
