package io.github.agentcompaction;

import java.lang.ref.WeakReference;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The lock's own record of a lease: since when it is held, and the queue behind it. Guarded by the lock's mutex.
 *
 * <p>It knows the lease weakly, so that a forgotten one can be noticed. The queue stands here and not in the lock, because
 * an idle lock, of which there may be a million, has none.
 */
final class Grant extends WeakReference<HeldLease> {

    final QueuedLock lock;

    /** When the lease began, on the state's ticker. */
    final long since;

    /** Oldest first; a linked set, because a waiter may leave from anywhere. The first waiter creates it. */
    private Set<Waiter<?>> queue = Set.of();

    /** The same lease at the store, if replicas share one. */
    final @Nullable StoreLease stored;

    /** Rises with each lease of the session. */
    long fence;

    /** The search whose place this is, if no task holds it. */
    private final @Nullable LeaseSearch search;

    private boolean compacted;

    /** Of a search: whether another replica had the lease when the store answered last. */
    private boolean heldElsewhere;

    Grant(HeldLease lease, QueuedLock lock, long since, @Nullable StoreLease stored, @Nullable LeaseSearch search) {
        super(lease);
        this.lock = lock;
        this.since = since;
        this.stored = stored;
        this.search = search;
    }

    /** {@return whether the lease has been collected} Its {@code close()} cannot be running then. */
    boolean isDropped() {
        return refersTo(null);
    }

    /** Notes that the session was compacted under this lease; false if that was noted before. */
    boolean markCompacted() {
        boolean first = !compacted;
        compacted = true;
        return first;
    }

    /** Notes that a task gets it. */
    void begin() {
        fence = stored != null ? stored.fence() : lock.context.nextFence();
    }

    @Nullable
    LeaseSearch search() {
        return search;
    }

    boolean isSearching() {
        return search != null;
    }

    boolean wasCompacted() {
        return compacted;
    }

    /** {@return whether tasks have waited for this lock since it was last free} */
    boolean wasAwaited() {
        return queue instanceof LinkedHashSet;
    }

    int waiting() {
        return queue.size();
    }

    /** {@return whether a waiter has not given up} Those that have may take a while to leave: callbacks of theirs come first. */
    boolean isAwaited() {
        return queue.stream().anyMatch(waiter -> !waiter.isDone());
    }

    void add(Waiter<?> waiter) {
        if (queue.isEmpty()) {
            queue = new LinkedHashSet<>();
        }
        queue.add(waiter);
        waiter.queued = true;
        waiter.toldBusy |= isHeld();
    }

    /** {@return whether who waits does so for a holder, of this replica or another one, and not for the store alone} */
    private boolean isHeld() {
        return stored != null || heldElsewhere;
    }

    void remove(Waiter<?> waiter) {
        if (!queue.isEmpty()) {
            queue.remove(waiter);
        }
    }

    /** Gives the whole queue to the next grant, which nobody is given. */
    void passQueueTo(Grant next) {
        next.queue = queue;
        queue = Set.of();
        if (next.isHeld()) {
            next.queue.forEach(waiter -> waiter.toldBusy = true);
        }
    }

    /** Notes that another replica has the lease. */
    void tellBusy() {
        heldElsewhere = true;
        queue.forEach(waiter -> waiter.toldBusy = true);
    }

    /** Notes that the store has not answered. */
    void tellUnanswered() {
        heldElsewhere = false;
    }

    /** Takes out all waiters of a kind. */
    List<Waiter<?>> takeOut(Predicate<Waiter<?>> kind) {
        return takeOut(kind, Long.MAX_VALUE);
    }

    /** Takes out the oldest waiter that has not given up, if there is one, and leaves the others to the next grant. */
    @Nullable
    Waiter<?> handQueueTo(Grant next) {
        List<Waiter<?>> oldest = takeOut(waiter -> true, 1);
        passQueueTo(next); // a lease that its holder keeps must not keep the waiters
        return oldest.isEmpty() ? null : oldest.get(0);
    }

    /** Without those that have given up: they are just leaving, and would give a lease back from inside this close. */
    private List<Waiter<?>> takeOut(Predicate<Waiter<?>> kind, long max) {
        List<Waiter<?>> taken = queue.stream()
                .filter(waiter -> !waiter.isDone() && kind.test(waiter))
                .limit(max)
                .toList();
        for (Waiter<?> waiter : taken) {
            queue.remove(waiter);
            waiter.queued = false;
        }
        return taken;
    }
}
