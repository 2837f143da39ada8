package io.github.agentcompaction;

import com.github.benmanes.caffeine.cache.Ticker;
import io.github.agentcompaction.CompactionListener.GiveUpReason;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the locks of one agent share: its name, clock and listeners, epochs, a few mutexes, and which locks are awaited. */
final class LockContext {

    /** A power of two. Mutexes are held for nanoseconds, so sessions that share one do not notice. */
    private static final int MUTEXES = 64;

    private final String agent;
    private final Ticker ticker;
    private final Listeners listeners;
    private final ReentrantLock[] mutexes =
            Stream.generate(ReentrantLock::new).limit(MUTEXES).toArray(ReentrantLock[]::new);
    private final AtomicLong lastEpoch = new AtomicLong(-1);
    private final AtomicLong lastFence = new AtomicLong();

    private final AwaitedLocks awaited = new AwaitedLocks();

    private final @Nullable SharedLeases shared;

    /** @param shared what replicas share, if there are several */
    LockContext(String agent, Ticker ticker, Listeners listeners, @Nullable SharedLeases shared) {
        this.shared = shared;
        this.agent = agent;
        this.ticker = ticker;
        this.listeners = listeners;
    }

    QueuedLock newLock(String sessionId) {
        return shared == null ? new QueuedLock(sessionId, this) : new SharedLock(sessionId, this, shared);
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

    /** {@return a number larger than all before} */
    long nextFence() {
        return lastFence.incrementAndGet();
    }

    AwaitedLocks awaited() {
        return awaited;
    }

    void tellTurn(QueuedLock lock, Waiter<?> waiter, Turn turn) {
        if (turn instanceof Ended) {
            tellGivenUp(lock, waiter, GiveUpReason.RELEASED);
        } else if (waiter.hasWaited()) {
            listeners.tellLater(
                    () -> since(waiter.since),
                    (listener, waited) -> listener.lockAcquired(agent, lock.sessionId(), waited));
        }
    }

    void tellGivenUp(QueuedLock lock, Waiter<?> waiter, GiveUpReason reason) {
        listeners.tellLater(
                () -> since(waiter.since),
                (listener, waited) -> listener.waitGivenUp(agent, lock.sessionId(), waited, reason));
    }

    void tellLost(QueuedLock lock) {
        listeners.tellLater(listener -> listener.leaseLost(agent, lock.sessionId()));
    }

    void tellUnavailable(QueuedLock lock) {
        listeners.tellLater(listener -> listener.storeUnavailable(agent, lock.sessionId()));
    }

    void tellClosed(QueuedLock lock, Grant grant) {
        listeners.tellLater(
                () -> since(grant.since), (listener, held) -> listener.leaseClosed(agent, lock.sessionId(), held));
    }
}
