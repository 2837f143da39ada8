package io.github.agentcompaction;

import io.github.agentcompaction.StagedCompactor.Prepared;
import org.jspecify.annotations.Nullable;

/**
 * The write of one compaction: the history and the summary under their lease, in one transaction where the lease is one of a
 * store that has them.
 */
final class Commit {

    private final HeldLease lease;
    private final String sessionId;
    private final Prepared prepared;
    private final String summary;

    /** Takes the summary within the transaction; null if there is none. */
    private final @Nullable SharedSummaries together;

    private boolean applied;

    Commit(HeldLease lease, String sessionId, Prepared prepared, String summary, Summaries summaries) {
        this.lease = lease;
        this.sessionId = sessionId;
        this.prepared = prepared;
        this.summary = summary;
        this.together = lease.isTransactional() && summaries instanceof SharedSummaries shared ? shared : null;
    }

    /**
     * Writes.
     *
     * @return false if the history was rewritten meanwhile, and is as it was
     * @throws LeaseLostException if the lease is another replica's now
     * @throws StoreUnavailableException if the store does not answer
     */
    boolean write() {
        lease.commit(() -> {
            applied = prepared.apply(); // the last of the compactor's code: from here on nothing of it can fail
            if (applied && together != null) {
                together.putInTransaction(sessionId, summary);
            }
        });
        return applied;
    }

    /** To be called when it was written: stores the summary, unless that was part of the transaction. */
    void storeSummary(Summaries summaries) {
        if (together != null) {
            together.tellStored(sessionId);
        } else {
            summaries.put(sessionId, summary);
        }
    }
}
