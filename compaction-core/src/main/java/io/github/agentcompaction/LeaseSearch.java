package io.github.agentcompaction;

import io.github.agentcompaction.store.LeaseAttempt;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The search for a session's lease at the store, for all tasks that queue here: it holds the local lock's place until the store
 * has granted the lease to this process, or nobody waits any more.
 */
final class LeaseSearch {

    /** After how long a store that does not answer is asked again. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** Holds the local lock meanwhile; nobody is ever given it. */
    final HeldLease place;

    private final SharedLock lock;
    private final SharedLeases leases;

    /** Guards the fields below; the store and the lock are called without it. */
    private final ReentrantLock mutex = new ReentrantLock();

    /** Whether an answer is outstanding, or the search has not started or has ended. */
    private boolean busy = true;

    private boolean lookAgain;
    private @Nullable Future<?> pause;

    /** Not sent again once it is granted or its answer was lost. Used by one step at a time. */
    private String token;

    LeaseSearch(SharedLock lock, SharedLeases leases) {
        this.lock = lock;
        this.leases = leases;
        this.place = new HeldLease(lock, this);
        this.token = leases.newToken();
    }

    String sessionId() {
        return lock.sessionId();
    }

    void start() {
        leases.add(this);
        ask();
    }

    /** Asks the store, or ends if nobody waits; if a question is under way, as soon as that is answered. */
    void look() {
        mutex.lock();
        try {
            if (busy) {
                lookAgain = true;
                return;
            }
            busy = true;
            if (pause != null) {
                pause.cancel(false);
                pause = null;
            }
        } finally {
            mutex.unlock();
        }
        ask();
    }

    private void ask() {
        if (lock.endIfNobodyWaits(this)) {
            leases.remove(this);
            return;
        }
        leases.tryAcquire(sessionId(), token).whenComplete((attempt, failure) -> {
            try {
                if (attempt == null) {
                    unanswered(failure);
                } else {
                    answered(attempt);
                }
            } catch (Throwable e) { // no timer, or the state's clock: nothing would wake the waiters any more
                broken(e);
            }
        });
    }

    private void broken(Throwable cause) {
        if (!lock.isSearchedBy(this)) {
            leases.remove(this);
            return;
        }
        lock.fail(this, waiter -> true, cause);
        String mine = token; // the store may have granted it
        token = leases.newToken();
        leases.abandon(sessionId(), mine).whenComplete((done, failure) -> ask());
    }

    private void answered(LeaseAttempt attempt) {
        long now = System.nanoTime();
        lock.learn(this, attempt.epoch(), attempt.sinceCompacted().map(since -> now - Durations.toNanos(since)));
        if (attempt.grant().isPresent()) {
            granted(new StoreLease(lock, leases, attempt.grant().get()));
        } else {
            lock.busy(this);
            rest(attempt.retryAfter());
        }
    }

    private void granted(StoreLease lease) {
        if (lock.grant(this, lease)) {
            leases.remove(this);
        } else { // all have given up; who comes now would be kept waiting by the own lease
            token = leases.newToken();
            lease.release(false).whenComplete((released, failure) -> ask());
        }
    }

    private void unanswered(@Nullable Throwable failure) {
        leases.abandon(sessionId(), token);
        token = leases.newToken();
        Throwable cause = failure == null ? new NullPointerException("no answer") : StoreCalls.unwrapped(failure);
        if (leases.onUnavailable == OnUnavailable.LOCAL) {
            if (lock.grantAlone(this)) {
                leases.remove(this);
            } else {
                ask(); // all have given up; another may have come
            }
            return;
        }
        lock.fail(this, waiter -> !waiter.toldBusy, cause); // the others wait for an outage to pass
        rest(PAUSE);
    }

    /** Looks again after a while, or at once if it was woken meanwhile. */
    private void rest(Duration time) {
        mutex.lock();
        try {
            if (!lookAgain && lock.isAwaited()) {
                pause = OnDemandThreads.schedule(time, () -> OnDemandThreads.execute(this::look));
                busy = false;
                return;
            }
            lookAgain = false;
        } finally {
            mutex.unlock();
        }
        ask();
    }
}
