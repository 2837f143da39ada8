package io.github.agentcompaction;

import io.github.agentcompaction.CompactionListener.StoreOperation;
import io.github.agentcompaction.CompactionListener.StoreOutcome;
import io.github.agentcompaction.store.LeaseGrant;
import io.github.agentcompaction.store.TransactionalLeaseStore;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A session's lease at the store while a task of this process has it: renewed until it is ended, or lost. */
final class StoreLease {

    private static final System.Logger log = System.getLogger(SessionLock.class.getName());

    private enum State {
        HELD,
        ENDED,
        LOST
    }

    private final SharedLock lock;
    private final SharedLeases leases;
    private final LeaseGrant grant;
    private final AtomicReference<State> state = new AtomicReference<>(State.HELD);

    /** Whether the history was written without a transaction that could undo it. */
    private volatile boolean written;

    /** Cancels the next renewal. */
    private volatile @Nullable Runnable renewal;

    StoreLease(SharedLock lock, SharedLeases leases, LeaseGrant grant) {
        this.lock = lock;
        this.leases = leases;
        this.grant = grant;
    }

    boolean isTransactional() {
        return leases.store instanceof TransactionalLeaseStore;
    }

    void noteWritten() {
        written = true;
    }

    long fence() {
        return grant.fence();
    }

    boolean isLost() {
        return state.get() == State.LOST;
    }

    /** {@return the epoch that the session has at the store once it is compacted under this lease} */
    long nextEpoch() {
        return grant.epoch() + 1;
    }

    /** Renews at each third of the lease for as long as the local grant is open. Refers to no lease, which may be dropped. */
    void renewFor(Grant local) {
        try {
            Runnable next = leases.renewals.run(() -> OnDemandThreads.execute(() -> renew(local)));
            renewal = next;
            if (state.get() != State.HELD) {
                next.run();
            }
        } catch (Throwable noThread) {
            // Not renewed, the lease may be lost; then its commit says so.
        }
    }

    private void renew(Grant local) {
        if (state.get() != State.HELD || lock.takeBackIfDropped()) {
            return;
        }
        leases.renew(grant).whenComplete((renewed, failure) -> {
            if (Boolean.FALSE.equals(renewed)) {
                lost(local);
            } else { // also if the store is down: a lease that nobody else has taken is renewed late
                renewFor(local);
            }
        });
    }

    private void lost(Grant local) {
        if (noteLost()) {
            lock.release(local, null, null); // the tasks that wait here need not wait for the one that has lost it
        }
    }

    /** Notes that the lease is no longer held, and ends its renewal; false if that was noted before. */
    private boolean end(State how) {
        boolean first = state.compareAndSet(State.HELD, how);
        Runnable next = renewal;
        if (first && next != null) {
            next.run();
        }
        return first;
    }

    private boolean noteLost() {
        if (!end(State.LOST)) {
            return false; // a renewal that meets the own release
        }
        log.log(
                Level.WARNING,
                "The lease of " + lock + " was lost to another replica: this process did not renew it for longer than "
                        + leases.store.lease().toSeconds() + " s. Its holder is told.");
        lock.context.tellLost(lock);
        return true;
    }

    LeaseLostException lostException() {
        return lock.leaseLost(written);
    }

    /** Throws if the lease was lost, as {@link #confirm} does if the store does not answer. */
    void requireHeld() {
        if (!confirm()) {
            throw lostException();
        }
    }

    /** Asks the store whether the lease is still this one; blocks for one call. Throws if the store does not answer. */
    private boolean confirm() {
        if (state.get() != State.HELD) {
            return state.get() == State.ENDED;
        }
        return await(leases.renew(grant)) || !noteLost() && state.get() == State.ENDED; // which meets the own release
    }

    /**
     * Writes the history, if the lease is still this one, and moves the session's epoch at the store; in one transaction where
     * the store can. Else a holder that stands still between the look at the lease and the write is not stopped.
     *
     * @return false if the lease was lost; then, in a transaction, nothing was written
     */
    boolean commit(Runnable write) {
        if (isLost()) {
            return false;
        }
        if (leases.store instanceof TransactionalLeaseStore transactional) {
            return commit(transactional, write);
        }
        if (!confirm()) {
            return false;
        }
        write.run();
        written = true;
        return end(State.ENDED) && released(releaseWritten());
    }

    /** The history is written: an answer that is lost changes nothing in that, and at worst another replica compacts once more. */
    private boolean releaseWritten() {
        try {
            return StoreCalls.await(leases.release(grant, true));
        } catch (CompletionException e) {
            leases.abandon(grant.session(), grant.token());
            return true;
        }
    }

    private boolean await(CompletionStage<Boolean> answer) {
        try {
            return StoreCalls.await(answer);
        } catch (CompletionException e) {
            throw lock.unavailable("confirm that it is still held", StoreCalls.unwrapped(e));
        }
    }

    private boolean released(boolean released) {
        if (!released) {
            state.set(State.HELD);
            noteLost();
        }
        return released;
    }

    private boolean commit(TransactionalLeaseStore store, Runnable write) {
        if (!end(State.ENDED)) { // first, because a renewal would meet the commit
            return false;
        }
        long start = System.nanoTime();
        AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        try {
            boolean committed = store.commit(grant, () -> {
                try {
                    write.run();
                } catch (Throwable e) {
                    thrown.set(e);
                    throw e;
                }
            });
            StoreOutcome outcome = committed ? StoreOutcome.OK : StoreOutcome.REFUSED;
            leases.calls.done(StoreOperation.COMMIT, start, outcome, null);
            return released(committed);
        } catch (Throwable e) {
            leases.release(grant, false);
            if (e == thrown.get()) {
                throw e;
            }
            leases.calls.done(StoreOperation.COMMIT, start, StoreOutcome.FAILED, e);
            throw lock.unavailable("commit its compaction", e);
        }
    }

    /** Gives the lease back; the stage completes when the store has done so or does not answer, and never fails. */
    CompletionStage<@Nullable Void> release(boolean compacted) {
        if (!end(State.ENDED)) {
            return CompletableFuture.completedFuture(null);
        }
        return leases.release(grant, compacted).handle((released, failure) -> {
            if (failure != null) { // its answer is lost, not necessarily the release
                leases.abandon(grant.session(), grant.token());
            }
            return null;
        });
    }
}
