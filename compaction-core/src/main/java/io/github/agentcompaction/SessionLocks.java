package io.github.agentcompaction;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import io.github.agentcompaction.CompactionListener.DropReason;
import io.github.agentcompaction.CompactionListener.GiveUpReason;
import java.lang.System.Logger.Level;
import java.lang.ref.ReferenceQueue;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All locks of one agent: one live lock for each session, always, and a bound on the idle ones. */
final class SessionLocks {

    /*
     * The bounded cache keeps locks by ttl and size and knows nothing of who uses them. What it evicts goes to a second
     * map that holds locks weakly, so a lock in use, or merely referenced, is found there when the session is asked for
     * again, and one that nobody refers to is collected. The eviction listener and the loader both run inside the
     * cache's atomic operation on that one key, so there is no moment in which a lock is in neither.
     *
     * A displaced lock that is held must not depend on its user's reference: if the user forgot the lease, lock and
     * lease would vanish together and nobody would hear of it. So it is kept strongly while it is held.
     *
     * Lock order: cache entry, then a lock's queue. Nothing that is called under a queue's mutex touches the cache.
     */

    private static final System.Logger log = System.getLogger(SessionLock.class.getName());

    private final String agent;
    private final long maxSize;
    private final Ticker ticker;
    private final Executor executor;
    private final Listeners listeners;
    private final LoadingCache<String, QueuedLock> cached;
    private final Cache<String, QueuedLock> displaced =
            Caffeine.newBuilder().weakValues().build();
    private final Set<QueuedLock> displacedAndHeld = ConcurrentHashMap.newKeySet();
    private final LongAdder waiting = new LongAdder();
    private final DroppedLeases droppedLeases = new DroppedLeases(this);
    private final AtomicBoolean bounding = new AtomicBoolean();
    private final AtomicLong lastEpoch = new AtomicLong(-1);

    SessionLocks(String agent, Duration ttl, long maxSize, Ticker ticker, Executor executor, Listeners listeners) {
        this.agent = agent;
        this.maxSize = maxSize;
        this.ticker = ticker;
        this.executor = executor;
        this.listeners = listeners;
        Caffeine<String, QueuedLock> builder = Caffeine.newBuilder()
                .expireAfterAccess(ttl)
                .maximumSize(maxSize)
                .ticker(ticker)
                .executor(executor)
                .evictionListener(this::displace);
        if (!listeners.isEmpty()) {
            builder.removalListener(this::tellDropped);
        }
        this.cached = builder.build(this::restoreOrCreate);
    }

    QueuedLock get(String sessionId) {
        QueuedLock lock = cached.getIfPresent(Objects.requireNonNull(sessionId, "sessionId must not be null"));
        if (lock == null) {
            lock = cached.get(sessionId);
            keepBounded();
        }
        return lock;
    }

    /**
     * Caffeine leaves a lock that came during its upkeep to the upkeep after that, which on an executor of one's own nobody
     * begins before the cache is used again.
     */
    private void keepBounded() {
        if (cached.estimatedSize() > maxSize && bounding.compareAndSet(false, true)) {
            executor.execute(() -> {
                bounding.set(false); // first: whoever adds a lock from here on orders again
                cached.cleanUp();
            });
        }
    }

    /** {@return the session's lock if the cache keeps it or somebody holds it; does not count as use} */
    @Nullable
    QueuedLock peek(String sessionId) {
        QueuedLock lock = cached.policy().getIfPresentQuietly(sessionId);
        if (lock == null) {
            cached.cleanUp(); // it may have expired and not been let go of yet
            lock = displaced.getIfPresent(sessionId);
            return lock != null && lock.isLocked() ? lock : null;
        }
        return lock;
    }

    /** {@return how many locks the cache keeps, those in use among them} */
    long size() {
        cleanUp();
        return cached.estimatedSize();
    }

    /** {@return the locks that are held at this moment} Walks over all locks; for gauges and endpoints. */
    Stream<QueuedLock> held() {
        droppedLeases.takeBack();
        cleanUp();
        return Stream.concat(cached.asMap().values().stream(), displacedAndHeld.stream())
                .filter(QueuedLock::isLocked)
                .distinct();
    }

    private void cleanUp() {
        cached.cleanUp();
        displaced.cleanUp();
    }

    private QueuedLock restoreOrCreate(String sessionId) {
        Names.requireSessionId(sessionId); // here, because an id that has a lock needs no look at its characters
        QueuedLock lock = displaced.asMap().remove(sessionId);
        if (lock != null) {
            lock.restored();
            return lock;
        }
        return new QueuedLock(sessionId, this, lastEpoch.incrementAndGet());
    }

    private void displace(@Nullable String sessionId, @Nullable QueuedLock lock, RemovalCause cause) {
        if (sessionId != null && lock != null) {
            displaced.put(sessionId, lock);
            lock.displaced();
        }
    }

    private void tellDropped(@Nullable String sessionId, @Nullable QueuedLock lock, RemovalCause cause) {
        if (sessionId != null && cause.wasEvicted()) {
            listeners.lockDropped(
                    agent, sessionId, cause == RemovalCause.EXPIRED ? DropReason.EXPIRED : DropReason.SIZE);
        }
    }

    // What a lock needs of its agent.

    String agent() {
        return agent;
    }

    long now() {
        return ticker.read();
    }

    /** Whether holds are measured. Reading the clock twice costs more than the lease itself. */
    boolean measuresHolds() {
        return !listeners.isEmpty();
    }

    /** When a lease begins; says nothing if holds are not measured. */
    long grantTime() {
        return measuresHolds() ? now() : 0;
    }

    /** Whether anybody would miss it if a dropped lease went unnoticed: waiters, and the memory of displaced locks. */
    boolean needsWatch() {
        return waiting.sum() > 0 || !displacedAndHeld.isEmpty();
    }

    LongAdder waiting() {
        return waiting;
    }

    ReferenceQueue<HeldLease> droppedLeases() {
        return droppedLeases.queue();
    }

    void watchForDroppedLeases() {
        droppedLeases.watch();
    }

    void keepReachable(QueuedLock lock) {
        displacedAndHeld.add(lock);
        droppedLeases.watch();
    }

    void releaseReachable(QueuedLock lock) {
        displacedAndHeld.remove(lock);
    }

    /** No later lock of this agent begins with an epoch that was reached before. */
    void epochReached(long epoch) {
        lastEpoch.accumulateAndGet(epoch, Math::max);
    }

    /** Ends a grant whose lease was collected without being closed. */
    void takeBack(Grant grant) {
        QueuedLock lock = grant.lock();
        if (lock.release(grant)) {
            log.log(
                    Level.WARNING,
                    "A lease of " + Names.session(agent, lock.sessionId()) + " was dropped without close() and has been"
                            + " taken back; other tasks of the session had to wait until the garbage collector noticed."
                            + " Close leases with try-with-resources.");
            tellClosed(grant);
        }
    }

    void tellAcquired(QueuedLock lock, Waiter waiter) {
        if (!listeners.isEmpty()) {
            listeners.lockAcquired(agent, lock.sessionId(), since(waiter.since()));
        }
    }

    void tellGivenUp(QueuedLock lock, Waiter waiter, boolean timedOut) {
        if (!listeners.isEmpty()) {
            listeners.waitGivenUp(
                    agent,
                    lock.sessionId(),
                    since(waiter.since()),
                    timedOut ? GiveUpReason.TIMEOUT : GiveUpReason.CANCELLED);
        }
    }

    void tellClosed(Grant grant) {
        if (!listeners.isEmpty()) {
            listeners.leaseClosed(agent, grant.lock().sessionId(), since(grant.since()));
        }
    }

    Duration since(long start) {
        return Duration.ofNanos(nanosSince(start));
    }

    private long nanosSince(long start) {
        return Math.max(0, now() - start);
    }
}
