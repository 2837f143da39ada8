package io.github.agentcompaction;

import com.github.benmanes.caffeine.cache.Ticker;
import io.github.agentcompaction.StagedCompactor.Prepared;
import io.github.agentcompaction.Summaries.Popped;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.SummaryStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Coordinates the compaction of one agent's sessions: it holds a lock for each session, and the summaries that wait for
 * the end of an answer.
 *
 * <p>An agent has one state, and states share nothing, so agents never wait for each other. Most services use it through
 * a {@link CompactionTemplate}; the parts are here for those who need them:
 *
 * <ul>
 *   <li>{@link #getLock(String)}: <b>one live lock for each session, always</b>. Two callers that both still use a
 *       session's lock have the same one. Time to live and maximum size bound the idle locks that are kept; a lock that
 *       is held, awaited, or merely referenced by a caller is never replaced.
 *   <li>{@link #storeSummary}, {@link #getSummary}, {@link #popSummary}: at most one text for each session, the newest.
 *       It expires a time to live after it was <em>written</em>, reading does not prolong that, and when there are too
 *       many the oldest-written go first.
 * </ul>
 *
 * <p><b>Thread safety.</b> All methods may be called from any thread. None blocks on another task.
 *
 * <p><b>Several replicas.</b> With a {@link Builder#store store} a session's lease is held by one task of all replicas, and the
 * epoch moves for all of them. With {@link Builder#summaries} the summaries are there, too: those methods then ask the store and
 * block for that, at most for its time limit. {@link #getLock(String)} never does I/O.
 *
 * <p><b>What is not promised.</b> Without a store the state lives in one process and is lost with it. A summary that is not
 * popped in time is gone, and the listener is told, unless a store has dropped it.
 *
 * <p><b>Content.</b> Neither logs nor messages nor {@link #toString()} ever contain a summary.
 *
 * <p>Follows the Python class of the same name.
 */
public final class SessionCompactionState {

    /** The time to live if none is set: one hour. */
    public static final Duration DEFAULT_TTL = Duration.ofHours(1);

    /** The maximum size if none is set: 10,000 locks, and 10,000 summaries. */
    public static final long DEFAULT_MAX_SIZE = 10_000;

    private final String agent;
    private final Duration ttl;
    private final long maxSize;
    private final Ticker ticker;
    private final Listeners listeners;
    private final LockContext context;
    private final SessionLocks locks;
    private final Summaries summaries;

    /** The summaries of this process: all, or those that the store could not take. */
    private final DeferredSummaries kept;

    private final @Nullable LeaseStore store;

    private SessionCompactionState(Builder builder) {
        this.agent = builder.agent;
        this.ttl = builder.ttl;
        this.maxSize = builder.maxSize;
        this.ticker = builder.ticker;
        this.listeners = new Listeners(builder.listeners, builder.store != null || builder.summaries != null);
        this.store = builder.store;
        StoreCalls calls = new StoreCalls(agent, listeners);
        SharedLeases shared = store == null
                ? null
                : new SharedLeases(store, calls, builder.onUnavailable, Replica.orThisProcess(builder.replica));
        this.context = new LockContext(agent, ticker, listeners, shared);
        this.locks = new SessionLocks(context, ttl, maxSize, ticker, listeners);
        this.kept = new DeferredSummaries(agent, ttl, maxSize, ticker, listeners);
        this.summaries = builder.summaries == null
                ? kept
                : new SharedSummaries(agent, builder.summaries, calls, kept, listeners, ttl, maxSize);
    }

    /** {@return a builder with the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the agent's name} */
    public String agent() {
        return agent;
    }

    /** {@return how long an idle lock, and an unread summary, is kept} */
    public Duration ttl() {
        return ttl;
    }

    /** {@return how many idle locks, and how many summaries, are kept at most} */
    public long maxSize() {
        return maxSize;
    }

    /**
     * Finds or creates the lock of a session, and restarts its idle time. Never waits for another task.
     *
     * <p>Now and then a call drops all idle locks that have expired, as {@link #lockCount()} does.
     *
     * @param sessionId the session's id, not blank
     * @return the one lock that the session has now
     */
    public SessionLock getLock(String sessionId) {
        return locks.get(sessionId);
    }

    /**
     * Keeps a summary back until the answer has been given. A newer one of the same session takes the older one's place.
     *
     * @param sessionId the session's id, not blank
     * @param summary the text, not blank
     */
    public void storeSummary(String sessionId, String summary) {
        Names.requireSessionId(sessionId);
        Names.requireText(summary, "summary");
        summaries.put(sessionId, summary);
    }

    /**
     * Looks at a session's deferred summary and leaves it there; it does not live longer for that.
     *
     * @param sessionId the session's id, not blank
     * @return the summary, if there is one
     */
    public Optional<String> getSummary(String sessionId) {
        return summaries.peek(Names.requireSessionId(sessionId));
    }

    /**
     * Takes a session's deferred summary out. Of several callers at once, in all replicas, one gets it. If a store does not
     * answer, a warning is logged and the summary stays for the next call.
     *
     * @param sessionId the session's id, not blank
     * @return the summary, if there was one
     */
    public Optional<String> popSummary(String sessionId) {
        return StoreCalls.await(pop(Names.requireSessionId(sessionId))).summary();
    }

    /**
     * Drops a session's deferred summary unread.
     *
     * @param sessionId the session's id, not blank
     * @return whether there was one
     * @throws StoreUnavailableException if a store does not answer
     */
    public boolean discardSummary(String sessionId) {
        return summaries.discard(Names.requireSessionId(sessionId));
    }

    /**
     * {@return whether the calling thread is inside a {@link Compactor} that a {@link CompactionTemplate} of this state
     * called for the session}
     *
     * <p>Its caller then holds the session's lease. Code that takes the lease itself, and that a compactor may call too,
     * goes without it then: it would wait for itself.
     *
     * @param sessionId the session's id, not blank
     */
    public boolean isCompacting(String sessionId) {
        return RunningCompactions.isInside(lockOf(sessionId));
    }

    /** {@return the store that replicas share, if there is one} */
    public Optional<LeaseStore> store() {
        return Optional.ofNullable(store);
    }

    /** {@return how many locks are kept} */
    public long lockCount() {
        return locks.size();
    }

    /** {@return how many summaries wait in this process} With a store, those that it could not take. */
    public int summaryCount() {
        return summaries.size();
    }

    /** {@return how many wait for a lease, over all sessions} */
    public int waitingCount() {
        return context.awaited().waiting();
    }

    /** {@return how many leases are held} Walks over all locks that are kept: for gauges, not for hot paths. */
    public int heldCount() {
        return (int) locks.held().count();
    }

    /**
     * {@return the sessions whose lease is held, the longest-held first} Walks over all locks that are kept. Tells nothing of
     * summaries in a store: that would be a question for each.
     */
    public List<SessionSnapshot> heldSessions() {
        List<SessionSnapshot> held = new ArrayList<>();
        locks.held()
                .map(lock -> snapshot(lock.sessionId(), Optional.of(lock), kept.age(lock.sessionId())))
                .forEach(held::add);
        held.sort((a, b) ->
                b.heldFor().orElse(Duration.ZERO).compareTo(a.heldFor().orElse(Duration.ZERO)));
        return held;
    }

    /**
     * Looks at one session without counting as use of it.
     *
     * @param sessionId the session's id, not blank
     * @return what is known of the session, or empty if it has neither lock nor summary
     */
    public Optional<SessionSnapshot> inspect(String sessionId) {
        Optional<QueuedLock> lock = Optional.ofNullable(locks.peek(Names.requireSessionId(sessionId)));
        SessionSnapshot snapshot = snapshot(sessionId, lock, summaries.age(sessionId));
        return lock.isEmpty() && snapshot.summaryAge().isEmpty() ? Optional.empty() : Optional.of(snapshot);
    }

    private SessionSnapshot snapshot(String sessionId, Optional<QueuedLock> lock, Optional<Duration> summaryAge) {
        Optional<Grant> holder = lock.map(QueuedLock::holder);
        return new SessionSnapshot(
                sessionId,
                holder.isPresent(),
                holder.map(grant -> context.since(grant.since)),
                lock.map(QueuedLock::waiting).orElse(0),
                lock.map(QueuedLock::epoch),
                summaryAge);
    }

    @Override
    public String toString() {
        return "SessionCompactionState[agent=" + Names.printable(agent) + ", ttl=" + ttl + ", maxSize=" + maxSize + "]";
    }

    // For the template.

    CompletionStage<Popped> pop(String sessionId) {
        return summaries.pop(sessionId);
    }

    Commit commit(HeldLease lease, String sessionId, Prepared prepared, String summary) {
        return new Commit(lease, sessionId, prepared, summary, summaries);
    }

    Summaries summaries() {
        return summaries;
    }

    QueuedLock lockOf(String sessionId) {
        return locks.get(sessionId);
    }

    FailureLedger newFailureLedger(int maxFailures, Duration cooldown) {
        return new FailureLedger(maxFailures, cooldown, ttl, ticker);
    }

    Listeners listeners() {
        return listeners;
    }

    long now() {
        return ticker.read();
    }

    Duration since(long start) {
        return context.since(start);
    }

    /** Builds a {@link SessionCompactionState}. Not thread-safe. */
    public static final class Builder {

        private String agent = "default";
        private Duration ttl = DEFAULT_TTL;
        private long maxSize = DEFAULT_MAX_SIZE;
        private Ticker ticker = Ticker.systemTicker();
        private final List<CompactionListener> listeners = new ArrayList<>();
        private @Nullable LeaseStore store;
        private @Nullable SummaryStore summaries;
        private OnUnavailable onUnavailable = OnUnavailable.FAIL;
        private @Nullable String replica;

        private Builder() {}

        /**
         * Names the agent, for logs, messages, metrics and listeners; {@code default} if not set.
         *
         * @param agent the name, not blank
         * @return this
         */
        public Builder agent(String agent) {
            this.agent = Names.requireText(agent, "agent");
            return this;
        }

        /**
         * Sets how long an idle lock is kept after the last {@link #getLock(String)}, and a summary after it was written.
         *
         * @param ttl longer than zero
         * @return this
         */
        public Builder ttl(Duration ttl) {
            this.ttl = Durations.requirePositive(ttl, "ttl");
            return this;
        }

        /**
         * Sets how many idle locks are kept at most, and, separately, how many summaries.
         *
         * @param maxSize at least 1
         * @return this
         */
        public Builder maxSize(long maxSize) {
            if (maxSize < 1) {
                throw new IllegalArgumentException("maxSize must be at least 1, but was " + maxSize);
            }
            this.maxSize = maxSize;
            return this;
        }

        /**
         * Sets the clock of all times to live, cool-downs and measured durations. Waiting for a lease with a timeout is on
         * the machine's clock.
         *
         * @param ticker the clock
         * @return this
         */
        public Builder ticker(Ticker ticker) {
            this.ticker = Objects.requireNonNull(ticker, "ticker must not be null");
            return this;
        }

        /**
         * Adds a listener; several are told in the order in which they were added.
         *
         * @param listener the listener
         * @return this
         */
        public Builder listener(CompactionListener listener) {
            this.listeners.add(Objects.requireNonNull(listener, "listener must not be null"));
            return this;
        }

        /**
         * Shares the leases and epochs of this agent's sessions with other replicas; in this process alone if not set.
         *
         * @param store the agent's leases at the store
         * @return this
         */
        public Builder store(LeaseStore store) {
            this.store = Objects.requireNonNull(store, "store must not be null");
            return this;
        }

        /**
         * Shares the deferred summaries of this agent with other replicas, so that the one which answers next shows them; in
         * this process alone if not set. The time to live of a summary is then the store's.
         *
         * @param summaries the agent's summaries at the store
         * @return this
         */
        public Builder summaries(SummaryStore summaries) {
            this.summaries = Objects.requireNonNull(summaries, "summaries must not be null");
            return this;
        }

        /**
         * Sets what a task does that needs a lease when the store does not answer; {@link OnUnavailable#FAIL} if not set.
         *
         * @param onUnavailable what it does
         * @return this
         */
        public Builder onUnavailable(OnUnavailable onUnavailable) {
            this.onUnavailable = Objects.requireNonNull(onUnavailable, "onUnavailable must not be null");
            return this;
        }

        /**
         * Names this process, for people who look up at the store who holds a lease; its process id and host if not set.
         *
         * @param replica the name, not blank, at most {@value Replica#MAX_LENGTH} characters
         * @return this
         */
        public Builder replica(String replica) {
            this.replica = Replica.requireName(replica);
            return this;
        }

        /** {@return a new state} */
        public SessionCompactionState build() {
            return new SessionCompactionState(this);
        }
    }
}
