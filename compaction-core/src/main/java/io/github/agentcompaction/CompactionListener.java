package io.github.agentcompaction;

import java.time.Duration;

/**
 * Is told what happens in a {@link SessionCompactionState} and in the {@link CompactionTemplate} on top of it.
 *
 * <p><b>Threads.</b> Callbacks run on the thread that caused the event, or on one of this library, concurrently, and never
 * while an internal mutex is held. They should be quick: a slow one delays its own task, and where that task holds the session's
 * lease (a summary is stored, a waiter has just got the lease) also those behind it.
 *
 * <p>Where the state has a store that replicas share, what may follow from its answers ({@link #lockAcquired},
 * {@link #waitGivenUp}, {@link #leaseClosed}, {@link #leaseLost}, {@link #summaryPopped}, {@link #storeCalled},
 * {@link #storeUnavailable}) is told a moment later, in its order and one after another, on a thread of this library. A slow
 * callback delays no task there, but the events behind it.
 *
 * <p><b>Errors.</b> What a callback throws is logged and otherwise ignored.
 *
 * <p><b>Content.</b> No callback is given any text of the conversation. Durations are measured with the state's ticker.
 */
public interface CompactionListener {

    /**
     * A waiter got the lease. A lease that was free when it was asked for is not reported, though a store took a while to give
     * it.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param waited how long the waiter queued
     */
    default void lockAcquired(String agent, String sessionId, Duration waited) {}

    /**
     * A waiter left the queue without the lease.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param waited how long the waiter queued
     * @param reason why it left
     */
    default void waitGivenUp(String agent, String sessionId, Duration waited, GiveUpReason reason) {}

    /**
     * A lease was closed, or taken back after it had been dropped without being closed.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param held how long it was held
     */
    default void leaseClosed(String agent, String sessionId, Duration held) {}

    /**
     * The compactor is about to be called, under the session's lease. {@link #compactionEnded} follows on the same thread, however
     * it ends.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param trigger why the session is compacted
     */
    default void compactionStarted(String agent, String sessionId, CompactionTrigger trigger) {}

    /**
     * An attempt to have a session compacted has ended, and if it had the session's lease, that has been given back. An attempt
     * that was interrupted, cancelled, or timed out in the queue, before the compactor was called for it, is not reported here.
     * Nor is one in the background that does not begin because this process compacts the session already.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param report how it ended, what it saved and what it cost
     */
    default void compactionEnded(String agent, String sessionId, CompactionReport report) {}

    /**
     * A deferred summary was stored.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     */
    default void summaryStored(String agent, String sessionId) {}

    /**
     * A deferred summary was handed out. If its task was cancelled in that very moment it is stored again.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     */
    default void summaryPopped(String agent, String sessionId) {}

    /**
     * A deferred summary was dropped unread.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param reason why it was dropped
     */
    default void summaryDropped(String agent, String sessionId, DropReason reason) {}

    /**
     * The cache let go of a session's lock. If a caller still uses the lock, it lives on and comes back with the next
     * {@link SessionCompactionState#getLock(String)}.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param reason {@link DropReason#EXPIRED} or {@link DropReason#SIZE}
     */
    default void lockDropped(String agent, String sessionId, DropReason reason) {}

    /**
     * The store that replicas share has answered a call, or failed to.
     *
     * @param agent the agent's name
     * @param operation what was asked
     * @param outcome how it was answered
     * @param took how long that took, on the machine's clock
     */
    default void storeCalled(String agent, StoreOperation operation, StoreOutcome outcome, Duration took) {}

    /**
     * A task could not get its lease from the store: it fails, or goes on with this process's lock alone, as
     * {@link OnUnavailable} says.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     */
    default void storeUnavailable(String agent, String sessionId) {}

    /**
     * A holder has lost its lease at the store to another replica.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     */
    default void leaseLost(String agent, String sessionId) {}

    /** What a store is asked. */
    enum StoreOperation {
        /** Take a lease. */
        ACQUIRE,
        /** Prolong a lease. */
        RENEW,
        /** End a lease. */
        RELEASE,
        /** Undo an attempt whose answer was lost. */
        ABANDON,
        /** Write a compaction in one transaction with the check of its lease. */
        COMMIT,
        /** Store a summary. */
        PUT_SUMMARY,
        /** Look at a summary. */
        PEEK_SUMMARY,
        /** Take a summary out. */
        TAKE_SUMMARY,
        /** Give back a summary that was not delivered. */
        GIVE_BACK_SUMMARY,
        /** Drop a summary. */
        DISCARD_SUMMARY
    }

    /** How a store answers. */
    enum StoreOutcome {
        /** It did what was asked. */
        OK,
        /** It refused: the lease is another holder's. */
        REFUSED,
        /** It did not answer, or with an error. */
        FAILED
    }

    /** Why a waiter left the queue. */
    enum GiveUpReason {
        /** Its time was up. */
        TIMEOUT,
        /** It was cancelled or interrupted, or its future was completed by its caller. */
        CANCELLED,
        /** The compaction that it waited for has ended, so it does not need the lease any more. */
        RELEASED,
        /** The store that replicas share could not be asked. */
        UNAVAILABLE
    }

    /** Why something was dropped. */
    enum DropReason {
        /** Its time to live had passed. */
        EXPIRED,
        /** There were more than the maximum. */
        SIZE,
        /** A newer summary of the same session took its place. */
        REPLACED,
        /** It was discarded on request. */
        DISCARDED
    }
}
