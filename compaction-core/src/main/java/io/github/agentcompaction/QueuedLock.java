package io.github.agentcompaction;

import static java.util.Objects.requireNonNull;

import io.github.agentcompaction.CompactionListener.GiveUpReason;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The lock of one session: who holds the lease, who waits for it, and the epoch, under one mutex. */
final class QueuedLock implements SessionLock {

    /*
     * The lock is free, or it has a holder, a Grant, with a queue behind it. The session's mutex guards both, and every change
     * of the epoch; what follows from a change (futures, listeners, logs) happens after it is released.
     *
     * Hand-over: close() makes the oldest waiter the holder, so the lock is never free while a task waits, and no newcomer
     * overtakes. Then it completes the waiter's future. If the caller has completed that by giving up, the lease is closed
     * and goes on to the next. A waiter that has given up before is passed over: it leaves the queue by itself, or has no queue
     * to leave any more.
     *
     * Leaving together: all waiters for a compaction have seen the present epoch, for an older one is answered on arrival.
     * When the epoch moves, or when the holder's compaction has ended in a way that holds for them, they leave at once.
     *
     * There is one instance for each session that is kept, 32 bytes: the mutex and the queue stand elsewhere.
     */

    private static final System.Logger log = System.getLogger(SessionLock.class.getName());

    private final String sessionId;
    private final LockContext context;
    private volatile long epoch;
    private @Nullable Grant holder;

    QueuedLock(String sessionId, LockContext context) {
        this.sessionId = sessionId;
        this.context = context;
        this.epoch = context.firstEpoch();
    }

    @Override
    public String sessionId() {
        return sessionId;
    }

    String agent() {
        return context.agent();
    }

    @Override
    public long epoch() {
        return epoch;
    }

    @Override
    public boolean isLocked() {
        return holder() != null;
    }

    /** {@return the grant of the open lease, or null if there is none} */
    @Nullable
    Grant holder() {
        takeBackIfDropped();
        return underMutex(() -> holder);
    }

    /** {@return how many wait at this moment} */
    int waiting() {
        return underMutex(() -> holder == null ? 0 : holder.waiting());
    }

    @Override
    public Optional<Lease> tryAcquire() {
        return Optional.ofNullable(tryTake());
    }

    @Override
    public Lease acquire() throws InterruptedException {
        return (HeldLease) requireNonNull(await(null, 0, Long.MAX_VALUE));
    }

    @Override
    public Optional<Lease> tryAcquire(Duration timeout) throws InterruptedException {
        long nanos = Durations.toNanos(requireNonNull(timeout, "timeout must not be null"));
        return Optional.ofNullable((HeldLease) await(null, 0, nanos));
    }

    @Override
    public Lease acquireWithin(Duration timeout) {
        CompactionAttempt attempt =
                new CompactionAttempt(this, epoch, CompactionTrigger.MANUAL, context.now(), System.nanoTime(), null);
        try {
            return tryAcquire(timeout).orElseThrow(attempt::timedOutInQueue);
        } catch (InterruptedException e) {
            throw attempt.interrupted(e);
        }
    }

    @Override
    public CompletableFuture<Lease> acquireAsync() {
        try {
            HeldLease free = tryTake();
            return free != null ? CompletableFuture.completedFuture(free) : queue(false, null, 0);
        } catch (CompactionException nested) {
            return CompletableFuture.failedFuture(nested);
        }
    }

    /**
     * Waits for the lease, or for the end of a compaction that another task makes meanwhile.
     *
     * @param compactor what the caller would call under the lease
     * @param seenEpoch the epoch from before the caller's task read the history
     * @return null when the time is up
     */
    @Nullable
    Turn acquireOrJoin(GuardedCompactor compactor, long seenEpoch, Duration timeout) throws InterruptedException {
        return await(compactor, seenEpoch, Durations.toNanos(timeout));
    }

    /** The same without blocking. Completing the future in any way leaves the queue. */
    CompletableFuture<Turn> acquireOrJoinAsync(GuardedCompactor compactor, long seenEpoch) {
        return queue(false, compactor, seenEpoch);
    }

    private @Nullable Turn await(@Nullable GuardedCompactor compactor, long seenEpoch, long nanos)
            throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (compactor == null) {
            HeldLease free = tryTake(); // most often it is free, and needs no waiter
            if (free != null || nanos <= 0) {
                return free;
            }
        }
        Waiter<Turn> waiter = queue(true, compactor, seenEpoch);
        try {
            return waiter.await(nanos);
        } catch (TimeoutException timeUp) {
            return waiter.giveUp(timeUp);
        } catch (Throwable e) { // interrupted, most likely
            if (waiter.giveUp(e) instanceof HeldLease lease) {
                lease.close();
            }
            throw e;
        }
    }

    /** {@return a waiter in the queue, or one whose turn has come at once} */
    private <T> Waiter<T> queue(boolean blocking, @Nullable GuardedCompactor compactor, long seenEpoch) {
        RunningCompactions.refuseNested(this);
        Waiter<T> waiter = new Waiter<>(blocking, context.now(), compactor, seenEpoch);
        // Before it queues, so that no failure leaves it there. However a caller completes the future, that leaves the
        // queue.
        waiter.whenComplete((value, failure) -> {
            if (leave(waiter)) {
                context.tellGivenUp(this, waiter, reasonOf(failure));
            }
        });
        Turn turn = takeOrQueue(waiter);
        if (turn != null) {
            waiter.take(turn);
        }
        return waiter;
    }

    private static GiveUpReason reasonOf(@Nullable Throwable failure) {
        return failure instanceof TimeoutException ? GiveUpReason.TIMEOUT : GiveUpReason.CANCELLED;
    }

    private @Nullable HeldLease tryTake() {
        HeldLease lease = new HeldLease(this, context.now());
        if (underMutex(() -> take(lease))) {
            return lease;
        }
        return takeBackIfDropped() ? tryTake() : null;
    }

    /** To be called under the mutex. */
    private boolean take(HeldLease lease) {
        if (holder != null) {
            return false;
        }
        holder = lease.grant;
        return true;
    }

    /** Returns the turn if it has come at once; else queues the waiter and returns null. */
    @Nullable
    Turn takeOrQueue(Waiter<?> waiter) {
        HeldLease lease = new HeldLease(this, context.now());
        Turn turn = underMutex(() -> {
            if (waiter.isLate(epoch)) {
                return Ended.of(CompactionOutcome.JOINED);
            }
            if (take(lease)) {
                return lease;
            }
            context.awaited().add(this);
            requireNonNull(holder).add(waiter);
            return null;
        });
        if (turn == null) {
            context.awaited().watch();
        }
        return turn;
    }

    /** Leaves the queue. False if the waiter's turn has come, or comes at this moment, or if it never queued. */
    boolean leave(Waiter<?> waiter) {
        return underMutex(() -> {
            if (holder != null) {
                holder.remove(waiter);
            }
            return waiter.queued;
        });
    }

    /** Moves the epoch on, once for each grant and only before it has ended. Returns how many waiters that released. */
    int compacted(Grant grant) {
        List<Waiter<?>> joiners = underMutex(() -> {
            if (holder != grant || !grant.markCompacted()) {
                return List.of();
            }
            context.epochReached(epoch + 1);
            epoch = epoch + 1;
            return grant.takeOut(Waiter::joins);
        });
        tell(joiners, Ended.of(CompactionOutcome.JOINED));
        return joiners.size();
    }

    /**
     * Ends a grant and hands over to the oldest waiter that has not given up.
     *
     * @param ended what the waiters that would call the same compactor leave with; null if the next one may try
     * @param compactor the compactor that has ended so
     * @return whether the grant had not ended before
     */
    boolean release(Grant grant, @Nullable Ended ended, @Nullable GuardedCompactor compactor) {
        List<Waiter<?>> joiners = List.of();
        Waiter<?> oldest = null;
        HeldLease next = null;
        ReentrantLock mutex = lockMutex();
        try {
            if (holder != grant) {
                return false;
            }
            if (grant.wasAwaited()) {
                next = new HeldLease(this, context.now()); // first: nothing has changed if it fails
                if (ended != null) {
                    joiners = grant.takeOut(waiter -> waiter.wouldCall(compactor));
                }
                oldest = grant.handQueueTo(next.grant);
                if (oldest == null || next.grant.waiting() == 0) {
                    context.awaited().remove(this);
                }
            }
            holder = oldest == null || next == null ? null : next.grant;
        } finally {
            mutex.unlock();
        }
        if (next != null && oldest != null) {
            tell(List.of(oldest), next);
        }
        if (ended != null) {
            tell(joiners, ended);
        }
        context.tellClosed(this, grant);
        return true;
    }

    /** Tells waiters that their turn has come: blocked threads here, and on other threads those with callbacks. */
    private void tell(List<Waiter<?>> waiters, Turn turn) {
        List<Waiter<?>> callbacks =
                waiters.stream().filter(waiter -> !waiter.blocking).toList();
        OnDemandThreads.executeAll(callbacks, waiter -> tell(waiter, turn));
        List<Waiter<?>> blocked =
                waiters.stream().filter(waiter -> waiter.blocking).toList();
        wake(new ConcurrentLinkedQueue<>(blocked), turn);
    }

    /** Wakes blocked threads, which then help to wake the others: this thread alone may lose its processor in between. */
    private void wake(Queue<Waiter<?>> blocked, Turn turn) {
        for (Waiter<?> waiter = blocked.poll(); waiter != null; waiter = blocked.poll()) {
            waiter.help = () -> wake(blocked, turn);
            tell(waiter, turn);
        }
    }

    private void tell(Waiter<?> waiter, Turn turn) {
        context.tellTurn(this, waiter, turn); // before the callbacks, which may take long
        waiter.take(turn);
    }

    /** Ends a grant whose lease was collected without being closed; returns whether there was one. */
    boolean takeBackIfDropped() {
        Grant dropped = underMutex(() -> holder != null && holder.isDropped() ? holder : null);
        boolean takenBack = dropped != null && release(dropped, null, null);
        if (takenBack) {
            log.log(
                    Level.WARNING,
                    "A lease of " + this + " was dropped without close() and has been taken back; other tasks of the"
                            + " session had to wait until the garbage collector noticed. Close leases with"
                            + " try-with-resources.");
        }
        return takenBack;
    }

    private <T extends @Nullable Object> T underMutex(Supplier<T> look) {
        ReentrantLock mutex = lockMutex();
        try {
            return look.get();
        } finally {
            mutex.unlock();
        }
    }

    private ReentrantLock lockMutex() {
        ReentrantLock mutex = context.mutexOf(sessionId);
        mutex.lock();
        return mutex;
    }

    @Override
    public String toString() {
        return Names.session(context.agent(), sessionId);
    }
}
