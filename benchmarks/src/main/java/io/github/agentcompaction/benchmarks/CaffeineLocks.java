package io.github.agentcompaction.benchmarks;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.github.agentcompaction.SessionCompactionState;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What one would write without this library: a cache with the same bounds and executor, with a lock of the JDK for each session. */
@State(Scope.Benchmark)
public class CaffeineLocks {

    private LoadingCache<String, ReentrantLock> locks;

    /** Fills the cache. */
    @Setup
    public void fill(SessionIds ids) {
        locks = create(ids.count());
        ids.kept().forEach(locks::get);
        locks.cleanUp();
        Filled.requireAndSettle(ids.count(), locks.estimatedSize());
    }

    static LoadingCache<String, ReentrantLock> create(int maxSize) {
        return Caffeine.newBuilder()
                .expireAfterAccess(SessionCompactionState.DEFAULT_TTL)
                .maximumSize(maxSize)
                .executor(Runnable::run)
                .build(id -> new ReentrantLock());
    }

    ReentrantLock get(String id) {
        return locks.get(id);
    }
}
