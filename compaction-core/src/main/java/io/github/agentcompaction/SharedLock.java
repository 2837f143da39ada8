package io.github.agentcompaction;

import static java.util.Objects.requireNonNull;

import io.github.agentcompaction.CompactionListener.GiveUpReason;
import io.github.agentcompaction.store.TransactionalLeaseStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The lock of a session that several replicas share: the local one, whose lease is given out together with one of the store. */
final class SharedLock extends QueuedLock {

    /*
     * Where the local lock would be free while a task wants it, a search holds its place and the task queues like all others;
     * the search asks the store. So the store sees one contender for each session and process, and waiting, order, giving up
     * and leaving together are the local lock's. When the store has granted the lease, the oldest waiter gets both. When that
     * lease is closed, the next search begins, as soon as the store has it back.
     *
     * Compactions of other replicas: each answer of the store tells the session's epoch there and how long ago the session was
     * compacted. An epoch that this lock does not know is another replica's work. Tasks that read the history before it are
     * late and join; so the local epoch moves, too. Compactions under a lease of this lock move both epochs by one, and need no
     * comparison of times.
     */

    private final SharedLeases leases;

    /** The session's epoch at the store as this lock knows it, if it does. Guarded by the mutex, as the next one is. */
    private @Nullable Long storeEpoch;

    /** When the local epoch moved last, or the lock was made. */
    private long epochSince = System.nanoTime();

    SharedLock(String sessionId, LockContext context, SharedLeases leases) {
        super(sessionId, context);
        this.leases = leases;
    }

    /** It may have read the history as long ago as the epoch began. */
    @Override
    Seen seenSince(long epoch) {
        return underMutex(() -> new Seen(epoch, epochSince));
    }

    @Override
    @Nullable
    Grant holder() {
        Grant holder = super.holder();
        return holder == null || holder.isSearching() ? null : holder;
    }

    @Override
    public Optional<Lease> tryAcquire() {
        if (RunningCompactions.isInside(this)) {
            return Optional.empty(); // as without a store: it is held
        }
        Waiter<HeldLease> waiter = new Waiter<>(true, context.now(), null, Seen.NOTHING);
        waiter.impatient = true;
        try {
            return Optional.of(StoreCalls.await(queue(waiter)));
        } catch (CompletionException e) {
            if (e.getCause() instanceof CompactionException failure) {
                throw failure;
            }
            return Optional.empty();
        } finally {
            if (waiter.help != null) {
                waiter.help.run();
            }
        }
    }

    @Override
    public Optional<Lease> tryAcquire(Duration timeout) throws InterruptedException {
        if (!timeout.isZero() && !timeout.isNegative()) {
            return super.tryAcquire(timeout);
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return tryAcquire();
    }

    @Override
    @Nullable
    HeldLease tryTake() {
        return null; // whether it is free, only the store knows
    }

    @Override
    <T> Waiter<T> queue(Waiter<T> waiter) {
        requireNoTransaction();
        return super.queue(waiter);
    }

    @Override
    void requireNoTransaction() {
        try {
            if (leases.store instanceof TransactionalLeaseStore transactional) {
                transactional.requireNoTransaction();
            }
        } catch (IllegalStateException inTransaction) {
            throw new CompactionException(
                    agent(), sessionId(), String.valueOf(inTransaction.getMessage()), inTransaction);
        }
    }

    @Override
    @Nullable
    Turn takeOrQueue(Waiter<?> waiter) {
        LeaseSearch search = new LeaseSearch(this, leases);
        Turn late = underMutex(() -> {
            if (waiter.isLate(epoch())) {
                return Ended.of(CompactionOutcome.JOINED);
            }
            take(search.place);
            waiter.asks = requireNonNull(holder).isAwaited() ? null : holder.search();
            if (waiter.asks != null || !waiter.impatient) {
                enqueue(waiter);
            }
            return null;
        });
        if (late != null) {
            return late;
        }
        LeaseSearch asks = waiter.asks;
        if (asks == search) {
            search.start();
        } else if (waiter.impatient && asks != null) { // such as one that waits until the store has a lease back
            asks.look();
        } else if (waiter.impatient) {
            if (takeBackIfDropped()) {
                return takeOrQueue(waiter);
            }
            waiter.endBusy();
        }
        context.awaited().watch();
        return null;
    }

    @Override
    boolean leave(Waiter<?> waiter) {
        boolean left = super.leave(waiter);
        LeaseSearch idle = underMutex(() -> holder == null || holder.isAwaited() ? null : holder.search());
        if (idle != null) {
            idle.look();
        }
        return left;
    }

    @Override
    void moveEpoch() {
        super.moveEpoch();
        epochSince = System.nanoTime();
        StoreLease stored = requireNonNull(holder).stored;
        if (stored != null) {
            storeEpoch = stored.nextEpoch();
        }
    }

    @Override
    boolean release(Grant grant, @Nullable Ended ended, @Nullable GuardedCompactor compactor) {
        LeaseSearch next = new LeaseSearch(this, leases);
        List<Waiter<?>> joiners = underMutex(() -> {
            if (holder != grant) {
                return null;
            }
            List<Waiter<?>> out = ended == null ? List.of() : grant.takeOut(waiter -> waiter.wouldCall(compactor));
            grant.passQueueTo(next.place.grant);
            holder = next.place.grant;
            unlistIfNobodyWaits();
            return out;
        });
        if (joiners == null) {
            return false;
        }
        CompletionStage<@Nullable Void> released = grant.stored == null
                ? CompletableFuture.completedFuture(null)
                : grant.stored.release(grant.wasCompacted());
        released.whenComplete((done, failure) -> next.start()); // not before, or it would find the own lease there
        if (ended != null) {
            tell(joiners, ended);
        }
        context.tellClosed(this, grant);
        return true;
    }

    /** To be called under the mutex. */
    private void unlistIfNobodyWaits() {
        if (holder == null || holder.waiting() == 0) {
            context.awaited().remove(this);
        }
    }

    // For the search.

    boolean isAwaited() {
        return underMutex(() -> holder != null && holder.isAwaited());
    }

    boolean isSearchedBy(LeaseSearch search) {
        return underMutex(() -> holder == search.place.grant);
    }

    /** Frees the lock if the search is needless; returns whether it is. */
    boolean endIfNobodyWaits(LeaseSearch search) {
        return underMutex(() -> {
            if (holder != search.place.grant) {
                return true;
            }
            if (holder.isAwaited()) {
                return false;
            }
            holder = null;
            unlistIfNobodyWaits();
            return true;
        });
    }

    /** Gives the lease to the oldest waiter, with what the store has granted; false if all have given up. */
    boolean grant(LeaseSearch search, @Nullable StoreLease stored) {
        HeldLease next = newLease(stored);
        Waiter<?> oldest = underMutex(() -> {
            if (holder != search.place.grant) {
                return null;
            }
            Waiter<?> first = holder.handQueueTo(next.grant);
            if (first == null) { // those who have given up have no queue to leave any more
                return null;
            }
            next.grant.begin();
            holder = next.grant;
            unlistIfNobodyWaits();
            return first;
        });
        if (oldest == null) {
            return false;
        }
        if (stored != null) {
            stored.renewFor(next.grant);
        }
        tell(List.of(oldest), next);
        return true;
    }

    /** Goes on without the store; false if all have given up. */
    boolean grantAlone(LeaseSearch search) {
        context.tellUnavailable(this);
        return grant(search, null);
    }

    /** The store has answered that the lease is another replica's. */
    void busy(LeaseSearch search) {
        List<Waiter<?>> impatient = underMutex(() -> {
            search.place.grant.tellBusy();
            return search.place.grant.takeOut(waiter -> waiter.impatient);
        });
        tell(impatient, Waiter::endBusy);
    }

    /** Ends the waiting of some tasks because the store cannot be asked. */
    void fail(LeaseSearch search, Predicate<Waiter<?>> which, Throwable cause) {
        List<Waiter<?>> failed = underMutex(() -> {
            search.place.grant.tellUnanswered();
            return search.place.grant.takeOut(which);
        });
        tell(failed, waiter -> {
            context.tellUnavailable(this);
            context.tellGivenUp(this, waiter, GiveUpReason.UNAVAILABLE);
            waiter.completeExceptionally(unavailable("ask for it", cause));
        });
    }

    /**
     * Compares what the store says with what this lock knows; tasks that are late leave.
     *
     * @param compactedAt when the session was compacted last, on the machine's clock
     */
    void learn(LeaseSearch search, long epoch, Optional<Long> compactedAt) {
        List<Waiter<?>> late = underMutex(() -> {
            if (epoch == 0) { // the store could not tell
                return List.of();
            }
            boolean known = storeEpoch != null && storeEpoch == epoch;
            storeEpoch = epoch;
            if (known || compactedAt.isEmpty()) {
                return List.of();
            }
            long readable = compactedAt.get() + Durations.toNanos(leases.longestCommit());
            List<Waiter<?>> joiners = search.place.grant.takeOut(waiter -> waiter.joinsBefore(readable));
            if (!joiners.isEmpty()
                    || epochSince - readable < 0) { // tasks that are not in the queue yet may be late, too
                moveEpoch();
            }
            return joiners;
        });
        tell(late, Ended.of(CompactionOutcome.JOINED));
    }

    StoreUnavailableException unavailable(String what, Throwable cause) {
        return new StoreUnavailableException(
                agent(),
                sessionId(),
                "The store of the lease of " + this + " does not answer, so this task could not " + what
                        + ". Try again when it is back.",
                cause);
    }

    /** @param written whether the history was written before that was noticed */
    LeaseLostException leaseLost(boolean written) {
        return new LeaseLostException(
                agent(),
                sessionId(),
                "The lease of " + this
                        + " was lost to another replica, because this process has not renewed it for longer"
                        + " than " + leases.store.lease().toSeconds() + " s. "
                        + (written
                                ? "The history was written before that was noticed, and the other replica may have written it,"
                                        + " too; the summary is not shown."
                                : "What it had prepared was not written; the history may be another one now.")
                        + " Try again.",
                null);
    }
}
