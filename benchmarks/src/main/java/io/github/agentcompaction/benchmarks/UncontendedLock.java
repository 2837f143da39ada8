package io.github.agentcompaction.benchmarks;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import java.util.Arrays;
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

/** Finding a session's lock, taking it and giving it back, while no other task uses the session. */
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

    /** The subject. */
    @Benchmark
    public void core(Core core, SessionIds.Asked ids, Blackhole blackhole) throws InterruptedException {
        try (SessionLock.Lease lease = core.state.getLock(ids.next()).acquire()) {
            blackhole.consume(lease);
        }
    }

    /** The reference. */
    @Benchmark
    public void caffeine(CaffeineLocks reference, SessionIds.Asked ids, Blackhole blackhole) {
        ReentrantLock lock = reference.get(ids.next());
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
        public void find(CaffeineLocks reference, SessionIds.Asked ids, SessionIds all) {
            locks = new ReentrantLock[all.count()];
            Arrays.setAll(locks, i -> reference.get(ids.next()));
        }

        ReentrantLock next() {
            ReentrantLock lock = locks[position];
            position = position + 1 == locks.length ? 0 : position + 1;
            return lock;
        }
    }
}
