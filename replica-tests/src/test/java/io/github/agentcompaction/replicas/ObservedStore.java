package io.github.agentcompaction.replicas;

import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.StoredSession;
import io.github.agentcompaction.store.TransactionalLeaseStore;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Hands all calls on, and tells the checker of commits with their epochs. Remembers which epoch came with which fence. */
class ObservedStore implements LeaseStore {

    final LeaseStore store;
    final Reports reports;
    private final Map<String, Long> epochs = new ConcurrentHashMap<>();

    ObservedStore(LeaseStore store, Reports reports) {
        this.store = store;
        this.reports = reports;
    }

    static ObservedStore of(LeaseStore store, Reports reports) {
        return store instanceof TransactionalLeaseStore transactional
                ? new Transactional(transactional, reports)
                : new ObservedStore(store, reports);
    }

    /** Tells that a task of this process holds the lease from now on. */
    void enter(String session, long fence) {
        Long epoch = epochs.remove(session + " " + fence);
        reports.enter(session, fence, epoch == null ? -2 : epoch);
    }

    @Override
    public Duration lease() {
        return store.lease();
    }

    @Override
    public CompletionStage<LeaseAttempt> tryAcquire(String session, String token) {
        return store.tryAcquire(session, token).thenApply(attempt -> {
            attempt.grant()
                    .ifPresentOrElse(
                            grant -> epochs.put(session + " " + grant.fence(), grant.epoch()),
                            () -> reports.busy(session));
            return attempt;
        });
    }

    @Override
    public CompletionStage<Boolean> renew(LeaseGrant grant) {
        return store.renew(grant);
    }

    @Override
    public CompletionStage<Boolean> release(LeaseGrant grant, boolean compacted) {
        reports.leave(grant.session(), grant.fence());
        epochs.remove(grant.session() + " " + grant.fence());
        CompletionStage<Boolean> released = store.release(grant, compacted);
        return compacted ? released.whenComplete((done, failure) -> tellCommit(grant, done)) : released;
    }

    void tellCommit(LeaseGrant grant, Boolean committed) {
        String key = grant.session() + " " + grant.fence();
        if (committed == null) {
            reports.tellLater("unsure", key);
        } else if (committed) {
            reports.tellLater("committed", key + " " + epochAfter(grant));
        }
    }

    /** {@return what the store's own epochs are after a compaction; -1 where only a later grant tells} */
    long epochAfter(LeaseGrant grant) {
        return -1;
    }

    @Override
    public CompletionStage<Void> abandon(String session, String token) {
        return store.abandon(session, token);
    }

    @Override
    public CompletionStage<StoredSession> inspect(String session) {
        return store.inspect(session);
    }

    @Override
    public AutoCloseable onReleased(Consumer<String> listener) {
        return store.onReleased(listener);
    }

    private static final class Transactional extends ObservedStore implements TransactionalLeaseStore {

        private final TransactionalLeaseStore store;

        Transactional(TransactionalLeaseStore store, Reports reports) {
            super(store, reports);
            this.store = store;
        }

        @Override
        public void requireNoTransaction() {
            store.requireNoTransaction();
        }

        @Override
        public boolean commit(LeaseGrant grant, Runnable write) {
            Boolean committed = null;
            try {
                committed = store.commit(grant, write);
                return committed;
            } finally {
                tellCommit(grant, committed);
                reports.leave(grant.session(), grant.fence()); // if it has not come to the write
            }
        }

        @Override
        long epochAfter(LeaseGrant grant) {
            return grant.epoch() + 1;
        }
    }
}
