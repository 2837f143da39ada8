package io.github.agentcompaction;

import io.github.agentcompaction.CompactionListener.StoreOperation;
import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.timing.OneDelay;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What the locks of one agent share when several replicas do: the store, this replica's tokens, and who listens for signals. */
final class SharedLeases {

    final LeaseStore store;
    final StoreCalls calls;
    final OnUnavailable onUnavailable;

    /** When leases are to be renewed. */
    final OneDelay renewals;

    private final String tokenPrefix;
    private final AtomicLong tokens = new AtomicLong();

    /** The searches that wait here, to be woken by signals. */
    private final Map<String, LeaseSearch> searches = new ConcurrentHashMap<>();

    /** @param replica this process's name, to be shown to people who ask for the holder */
    SharedLeases(LeaseStore store, StoreCalls calls, OnUnavailable onUnavailable, String replica) {
        this.store = store;
        this.calls = calls;
        this.renewals = new OneDelay(store.lease().dividedBy(3), OnDemandThreads::schedule);
        this.onUnavailable = onUnavailable;
        this.tokenPrefix = replica + "/" + UUID.randomUUID() + "-";
        store.onReleased(this::released);
    }

    /**
     * {@return how long a commit may take, from the moment that the store tells as that of the compaction until other tasks read
     * the new history} As long as the lease. A task that read within it is taken for late: one refused call more, never one
     * summary more.
     */
    Duration longestCommit() {
        return store.lease();
    }

    /** {@return a token that nobody has used} */
    String newToken() {
        return tokenPrefix + Long.toString(tokens.incrementAndGet(), Character.MAX_RADIX);
    }

    void add(LeaseSearch search) {
        searches.put(search.sessionId(), search);
    }

    void remove(LeaseSearch search) {
        searches.remove(search.sessionId(), search);
    }

    private void released(@Nullable String sessionId) {
        if (sessionId == null) {
            searches.values().forEach(LeaseSearch::look);
            return;
        }
        LeaseSearch search = searches.get(sessionId);
        if (search != null) {
            search.look();
        }
    }

    CompletionStage<LeaseAttempt> tryAcquire(String sessionId, String token) {
        return calls.call(
                StoreOperation.ACQUIRE,
                () -> store.tryAcquire(sessionId, token),
                attempt -> attempt.grant().isEmpty());
    }

    CompletionStage<Boolean> renew(LeaseGrant grant) {
        return calls.call(StoreOperation.RENEW, () -> store.renew(grant), renewed -> !renewed);
    }

    CompletionStage<Boolean> release(LeaseGrant grant, boolean compacted) {
        return calls.call(StoreOperation.RELEASE, () -> store.release(grant, compacted), released -> !released);
    }

    CompletionStage<Void> abandon(String sessionId, String token) {
        return calls.call(StoreOperation.ABANDON, () -> store.abandon(sessionId, token), nothing -> false);
    }
}
