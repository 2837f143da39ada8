package io.github.agentcompaction.benchmarks;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import io.github.agentcompaction.spring.boot.metrics.CompactionMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
        jvmArgsAppend = {"-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch"})
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
            Filled.requireAndSettle(ids.count(), state.lockCount());
        }
    }

    /** The state as the starter builds it where there is a Prometheus registry. */
    @State(Scope.Benchmark)
    public static class CoreWithMetrics {

        private SessionCompactionState state;

        /** Fills the cache. */
        @Setup
        public void fill(SessionIds ids) {
            CompactionMetrics metrics = new CompactionMetrics(List::of);
            metrics.bindTo(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
            state = SessionCompactionState.builder()
                    .maxSize(ids.count())
                    .listener(metrics.listener("default"))
                    .build();
            ids.kept().forEach(state::getLock);
            Filled.requireAndSettle(ids.count(), state.lockCount());
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
            Filled.requireAndSettle(ids.count(), locks.estimatedSize());
        }
    }

    /** The reference, with its upkeep as seldom as the subject's. */
    @State(Scope.Benchmark)
    public static class PacedReference {

        private LoadingCache<String, ReentrantLock> locks;

        /** Fills the cache. */
        @Setup
        public void fill(SessionIds ids) {
            locks = Caffeine.newBuilder()
                    .expireAfterAccess(SessionCompactionState.DEFAULT_TTL)
                    .maximumSize(ids.count())
                    .executor(CompletableFuture.delayedExecutor(1, TimeUnit.MILLISECONDS))
                    .build(id -> new ReentrantLock());
            ids.kept().forEach(locks::get);
            locks.cleanUp();
            Filled.requireAndSettle(ids.count(), locks.estimatedSize());
        }
    }

    /** The subject. */
    @Benchmark
    public void core(Core core, SessionIds.Asked ids, Blackhole blackhole) throws InterruptedException {
        try (SessionLock.Lease lease = core.state.getLock(ids.next()).acquire()) {
            blackhole.consume(lease);
        }
    }

    /** The subject, with what the starter adds. */
    @Benchmark
    public void coreWithMetrics(CoreWithMetrics core, SessionIds.Asked ids, Blackhole blackhole)
            throws InterruptedException {
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

    /** The reference with paced upkeep. For information. */
    @Benchmark
    public void caffeinePaced(PacedReference reference, SessionIds.Asked ids, Blackhole blackhole) {
        ReentrantLock lock = reference.locks.get(ids.next());
        lock.lock();
        try {
            blackhole.consume(lock);
        } finally {
            lock.unlock();
        }
    }

    /** The subject without the look-up: what is this library's own. For information. */
    @Benchmark
    public void coreWithoutCache(CoreLocks locks, Blackhole blackhole) throws InterruptedException {
        try (SessionLock.Lease lease = locks.next().acquire()) {
            blackhole.consume(lease);
        }
    }

    /** The reference without the look-up. For information. */
    @Benchmark
    public void reentrantLockWithoutCache(ReentrantLocks locks, Blackhole blackhole) {
        ReentrantLock lock = locks.next();
        lock.lock();
        try {
            blackhole.consume(lock);
        } finally {
            lock.unlock();
        }
    }

    /** The state's locks in the order in which they are asked for. */
    @State(Scope.Thread)
    public static class CoreLocks {

        private SessionLock[] locks;
        private int position;

        /** Looks every lock up. */
        @Setup
        public void find(Core core, SessionIds.Asked ids, SessionIds all) {
            locks = new SessionLock[all.count()];
            Arrays.setAll(locks, i -> core.state.getLock(ids.next()));
        }

        SessionLock next() {
            SessionLock lock = locks[position];
            position = position + 1 == locks.length ? 0 : position + 1;
            return lock;
        }
    }

    /** The reference's locks in the same order. */
    @State(Scope.Thread)
    public static class ReentrantLocks {

        private ReentrantLock[] locks;
        private int position;

        /** Looks every lock up. */
        @Setup
        public void find(Reference reference, SessionIds.Asked ids, SessionIds all) {
            locks = new ReentrantLock[all.count()];
            Arrays.setAll(locks, i -> reference.locks.get(ids.next()));
        }

        ReentrantLock next() {
            ReentrantLock lock = locks[position];
            position = position + 1 == locks.length ? 0 : position + 1;
            return lock;
        }
    }
}
