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
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The lock of one session: who holds the lease, who waits for it, and the epoch, under one mutex. */
class QueuedLock implements SessionLock {

    /*
     * The lock is free, or it has a holder, a Grant, with a queue behind it. The session's mutex guards both, and every change
     * of the epoch; what follows from a change (futures, listeners, logs) happens after it is released.
     *
     * Hand-over: close() makes the oldest waiter the holder, so the lock is never free while a task waits, and no newcomer
     * overtakes. Then it completes the waiter's future. If the caller has completed that by giving up, the lease is closed
     * and goes on to the next. A waiter that has given up before is passed over: it leaves the queue by itself, or has no queue
     * to leave any more.
     *
     * Leaving together: all waiters for a compaction have seen the present epoch; one that has seen an older one is answered on
     * arrival.
     * When the epoch moves, or when the holder's compaction has ended in a way that holds for them, they leave at once.
     *
     * There is one instance for each session that is kept, 32 bytes: the mutex and the queue stand elsewhere.
     */

    private static final System.Logger log = System.getLogger(SessionLock.class.getName());

    final LockContext context;
    private final String sessionId;
    private volatile long epoch;

    /** Guarded by the mutex. */
    @Nullable
    Grant holder;

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

    /** {@return what a task has seen that tells the epoch alone} */
    Seen seenSince(long epoch) {
        return new Seen(epoch, 0);
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
        return (HeldLease) requireNonNull(await(null, Seen.NOTHING, Long.MAX_VALUE));
    }

    @Override
    public Optional<Lease> tryAcquire(Duration timeout) throws InterruptedException {
        long nanos = Durations.toNanos(requireNonNull(timeout, "timeout must not be null"));
        return Optional.ofNullable((HeldLease) await(null, Seen.NOTHING, nanos));
    }

    @Override
    public Lease acquireWithin(Duration timeout) {
        CompactionAttempt attempt = new CompactionAttempt(
                this, Seen.now(this), CompactionTrigger.MANUAL, context.now(), System.nanoTime(), null, Runnable::run);
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
            return free != null
                    ? CompletableFuture.completedFuture(free)
                    : queue(new Waiter<>(false, context.now(), null, Seen.NOTHING));
        } catch (CompactionException nested) {
            return CompletableFuture.failedFuture(nested);
        }
    }

    /**
     * Waits for the lease, or for the end of a compaction that another task makes meanwhile.
     *
     * @param compactor what the caller would call under the lease
     * @param seen what the caller's task knew when it read the history
     * @return null when the time is up
     */
    @Nullable
    Turn acquireOrJoin(GuardedCompactor compactor, Seen seen, Duration timeout) throws InterruptedException {
        return await(compactor, seen, Durations.toNanos(timeout));
    }

    /** The same without blocking. Completing the future in any way leaves the queue. */
    CompletableFuture<Turn> acquireOrJoinAsync(GuardedCompactor compactor, Seen seen) {
        return queue(new Waiter<>(false, context.now(), compactor, seen));
    }

    /** The same for a caller that no task waits for: it does not wait for another holder, but joins at once. */
    CompletableFuture<Turn> takeOrJoinAsync(GuardedCompactor compactor, Seen seen) {
        Waiter<Turn> waiter = new Waiter<>(false, context.now(), compactor, seen);
        waiter.impatient = true;
        return queue(waiter);
    }

    private @Nullable Turn await(@Nullable GuardedCompactor compactor, Seen seen, long nanos)
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
        Waiter<Turn> waiter = queue(new Waiter<>(true, context.now(), compactor, seen));
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

    /**
     * Refuses a caller whose transaction would keep a compaction from being written.
     *
     * @throws CompactionException whose message says what to do
     */
    void requireNoTransaction() {}

    /** {@return the waiter, in the queue, or one whose turn has come at once} */
    <T> Waiter<T> queue(Waiter<T> waiter) {
        RunningCompactions.refuseNested(this);
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

    /** {@return the lease if it can be had without asking anybody} */
    @Nullable
    HeldLease tryTake() {
        HeldLease lease = newLease(null);
        if (underMutex(() -> take(lease))) {
            return lease;
        }
        return takeBackIfDropped() ? tryTake() : null;
    }

    /** @param stored the same lease at the store, if replicas share one */
    HeldLease newLease(@Nullable StoreLease stored) {
        return new HeldLease(this, context.now(), stored);
    }

    /** To be called under the mutex. */
    boolean take(HeldLease lease) {
        if (holder != null) {
            return false;
        }
        holder = lease.grant;
        holder.begin();
        return true;
    }

    /** Returns the turn if it has come at once; else queues the waiter and returns null. */
    @Nullable
    Turn takeOrQueue(Waiter<?> waiter) {
        HeldLease lease = newLease(null);
        Turn turn = underMutex(() -> {
            if (waiter.isLate(epoch)) {
                return Ended.of(CompactionOutcome.JOINED);
            }
            if (take(lease)) {
                return lease;
            }
            if (waiter.impatient) {
                return Ended.of(CompactionOutcome.JOINED);
            }
            enqueue(waiter);
            return null;
        });
        if (turn == null) {
            context.awaited().watch();
        }
        return turn;
    }

    /** To be called under the mutex, when the lock is not free. */
    void enqueue(Waiter<?> waiter) {
        context.awaited().add(this);
        requireNonNull(holder).add(waiter);
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
            moveEpoch();
            return grant.takeOut(Waiter::joins);
        });
        tell(joiners, Ended.of(CompactionOutcome.JOINED));
        return joiners.size();
    }

    /** To be called under the mutex. */
    void moveEpoch() {
        context.epochReached(epoch + 1);
        epoch = epoch + 1;
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
                next = newLease(null); // first: nothing has changed if it fails
                if (ended != null) {
                    joiners = grant.takeOut(waiter -> waiter.wouldCall(compactor));
                }
                oldest = grant.handQueueTo(next.grant);
                if (oldest == null || next.grant.waiting() == 0) {
                    context.awaited().remove(this);
                }
            }
            holder = oldest == null || next == null ? null : next.grant;
            if (holder != null) {
                holder.begin();
            }
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
    void tell(List<? extends Waiter<?>> waiters, Turn turn) {
        tell(waiters, waiter -> {
            context.tellTurn(this, waiter, turn); // before the callbacks, which may take long
            waiter.take(turn);
        });
    }

    void tell(List<? extends Waiter<?>> waiters, Consumer<Waiter<?>> end) {
        List<? extends Waiter<?>> callbacks =
                waiters.stream().filter(waiter -> !waiter.blocking).toList();
        OnDemandThreads.executeAll(callbacks, end::accept);
        List<? extends Waiter<?>> blocked =
                waiters.stream().filter(waiter -> waiter.blocking).toList();
        wake(new ConcurrentLinkedQueue<>(blocked), end);
    }

    /** Wakes blocked threads, which then help to wake the others: this thread alone may lose its processor in between. */
    private void wake(Queue<Waiter<?>> blocked, Consumer<Waiter<?>> end) {
        for (Waiter<?> waiter = blocked.poll(); waiter != null; waiter = blocked.poll()) {
            waiter.help = () -> wake(blocked, end);
            end.accept(waiter);
        }
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

    <T extends @Nullable Object> T underMutex(Supplier<T> look) {
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
