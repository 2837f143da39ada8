package io.github.agentcompaction;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import io.github.agentcompaction.CompactionListener.DropReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All locks of one agent: one live lock for each session, always, and a bound on the idle ones. */
final class SessionLocks {

    /*
     * The bounded cache keeps locks by ttl and size and knows nothing of who uses them. What it evicts goes to a second
     * map that holds locks weakly, so a lock in use, or merely referenced, is found there when the session is asked for
     * again, and one without references is collected. The eviction listener and the loader both run inside the
     * cache's atomic operation on that one key, so there is no moment in which a lock is in neither.
     *
     * The cache does its upkeep on the calling thread: to wake another one costs more. What it drops is noted down, and told
     * when the cache's own locks are released.
     *
     * Lock order: cache entry, then a lock's mutex. Nothing that is called under a mutex touches the cache.
     */

    private final LockContext context;
    private final Listeners listeners;
    private final LoadingCache<String, QueuedLock> cached;
    private final Queue<Dropped> dropped = new ConcurrentLinkedQueue<>();
    private final Cache<String, QueuedLock> evicted =
            Caffeine.newBuilder().weakValues().executor(Runnable::run).build();

    SessionLocks(LockContext context, Duration ttl, long maxSize, Ticker ticker, Listeners listeners) {
        this.context = context;
        this.listeners = listeners;
        this.cached = Caffeine.newBuilder()
                .expireAfterAccess(ttl)
                .maximumSize(maxSize)
                .ticker(ticker)
                .executor(Runnable::run)
                .evictionListener(this::evicted)
                .build(this::restoreOrCreate);
    }

    QueuedLock get(String sessionId) {
        QueuedLock lock = cached.get(Objects.requireNonNull(sessionId, "sessionId must not be null"));
        tellDropped();
        return lock;
    }

    /** {@return the session's lock if the cache keeps it or it is held; does not count as use} */
    @Nullable
    QueuedLock peek(String sessionId) {
        QueuedLock lock = cached.policy().getIfPresentQuietly(sessionId);
        if (lock == null) {
            cleanUp(); // it may have expired and not been let go of yet
            lock = evicted.getIfPresent(sessionId);
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
        cleanUp();
        return Stream.concat(cached.asMap().values().stream(), evicted.asMap().values().stream())
                .filter(QueuedLock::isLocked)
                .distinct();
    }

    private void cleanUp() {
        cached.cleanUp();
        evicted.cleanUp();
        tellDropped();
    }

    private QueuedLock restoreOrCreate(String sessionId) {
        Names.requireSessionId(sessionId); // here, because an id that has a lock needs no look at its characters
        QueuedLock lock = evicted.asMap().remove(sessionId);
        return lock != null ? lock : context.newLock(sessionId);
    }

    private void evicted(@Nullable String sessionId, @Nullable QueuedLock lock, RemovalCause cause) {
        if (sessionId != null && lock != null) {
            evicted.put(sessionId, lock);
            dropped.add(new Dropped(sessionId, cause == RemovalCause.EXPIRED ? DropReason.EXPIRED : DropReason.SIZE));
        }
    }

    private void tellDropped() {
        if (dropped.isEmpty()) {
            return;
        }
        List<Dropped> mine = new ArrayList<>(); // first: a listener may come back here
        for (Dropped lock = dropped.poll(); lock != null; lock = dropped.poll()) {
            mine.add(lock);
        }
        mine.forEach(
                lock -> listeners.tell(listener -> listener.lockDropped(context.agent(), lock.sessionId, lock.reason)));
    }

    private record Dropped(String sessionId, DropReason reason) {}
}
