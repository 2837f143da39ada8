package io.github.agentcompaction;

import com.github.benmanes.caffeine.cache.Ticker;
import io.github.agentcompaction.CompactionListener.GiveUpReason;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/** What the locks of one agent share: its name, clock and listeners, a few mutexes, and the list of those that are awaited. */
final class LockContext {

    /** A power of two. Mutexes are held for nanoseconds, so sessions that share one do not notice. */
    private static final int MUTEXES = 64;

    private final String agent;
    private final Ticker ticker;
    private final Listeners listeners;
    private final ReentrantLock[] mutexes =
            Stream.generate(ReentrantLock::new).limit(MUTEXES).toArray(ReentrantLock[]::new);
    private final AtomicLong lastEpoch = new AtomicLong(-1);

    /**
     * The locks that tasks wait for. Strong references: without any, waiters and a forgotten lease could
     * be collected together, in silence. Changed under the mutex of each lock.
     */
    private final Set<QueuedLock> awaited = ConcurrentHashMap.newKeySet();

    private final DroppedLeases droppedLeases = new DroppedLeases(awaited);

    LockContext(String agent, Ticker ticker, Listeners listeners) {
        this.agent = agent;
        this.ticker = ticker;
        this.listeners = listeners;
    }

    String agent() {
        return agent;
    }

    ReentrantLock mutexOf(String sessionId) {
        int hash = sessionId.hashCode();
        return mutexes[(hash ^ hash >>> 16) & MUTEXES - 1];
    }

    long now() {
        return ticker.read();
    }

    Duration since(long start) {
        return Duration.ofNanos(Math.max(0, now() - start));
    }

    /** {@return an epoch that no lock of this agent has had} */
    long firstEpoch() {
        return lastEpoch.incrementAndGet();
    }

    void epochReached(long epoch) {
        lastEpoch.accumulateAndGet(epoch, Math::max);
    }

    /** {@return how many wait at this moment, for all locks} */
    int waiting() {
        return awaited.stream().mapToInt(QueuedLock::waiting).sum();
    }

    void awaited(QueuedLock lock) {
        awaited.add(lock);
    }

    void noLongerAwaited(QueuedLock lock) {
        awaited.remove(lock);
    }

    void watchForDroppedLeases() {
        droppedLeases.watch();
    }

    void tellTurn(QueuedLock lock, Waiter<?> waiter, Turn turn) {
        if (turn instanceof Ended) {
            tellGivenUp(lock, waiter, GiveUpReason.RELEASED);
        } else {
            listeners.lockAcquired(agent, lock.sessionId(), since(waiter.since));
        }
    }

    void tellGivenUp(QueuedLock lock, Waiter<?> waiter, GiveUpReason reason) {
        listeners.waitGivenUp(agent, lock.sessionId(), since(waiter.since), reason);
    }

    void tellClosed(QueuedLock lock, Grant grant) {
        if (!listeners.isEmpty()) {
            listeners.leaseClosed(agent, lock.sessionId(), since(grant.since));
        }
    }
}
