package io.github.agentcompaction.benchmarks;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** Finding a session's lock, taking it and giving it back, with nobody else there. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class UncontendedLock {

    /** The state as a user builds it, with every session's lock in the cache. */
    @State(Scope.Benchmark)
    public static class Core {

        private SessionCompactionState state;

        /** Fills the cache. */
        @Setup
        public void fill(SessionIds ids) {
            state = SessionCompactionState.builder().maxSize(ids.count()).build();
            ids.kept().forEach(state::getLock);
            Filled.require(ids.count(), state.lockCount());
        }
    }

    /** What one would write without this library: the same bounds, a lock of the JDK, the cache's default executor. */
    @State(Scope.Benchmark)
    public static class Reference {

        private LoadingCache<String, ReentrantLock> locks;

        /** Fills the cache. */
        @Setup
        public void fill(SessionIds ids) {
            locks = Caffeine.newBuilder()
                    .expireAfterAccess(SessionCompactionState.DEFAULT_TTL)
                    .maximumSize(ids.count())
                    .build(id -> new ReentrantLock());
            ids.kept().forEach(locks::get);
            locks.cleanUp();
            Filled.require(ids.count(), locks.estimatedSize());
        }
    }

    /** The subject. */
    @Benchmark
    public void core(Core core, SessionIds.Asked ids, Blackhole blackhole) throws InterruptedException {
        try (SessionLock.Lease lease = core.state.getLock(ids.next()).acquire()) {
            blackhole.consume(lease);
        }
    }

    /** The reference. */
    @Benchmark
    public void caffeine(Reference reference, SessionIds.Asked ids, Blackhole blackhole) {
        ReentrantLock lock = reference.locks.get(ids.next());
        lock.lock();
        try {
            blackhole.consume(lock);
        } finally {
            lock.unlock();
        }
    }
}
