package io.github.agentcompaction.benchmarks;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * One lock that everybody wants: how often it changes hands.
 *
 * <p>Nothing is done while it is held, so the figure is the hand-over alone. The reference is the JDK's lock in its fair
 * form, because ours is first in, first out; the unfair one lets a thread take its own lock again without any hand-over.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class HandOver {

    static final int WAITERS = 64;

    /** The lock of one session. */
    @State(Scope.Benchmark)
    public static class Core {

        private final SessionCompactionState state =
                SessionCompactionState.builder().build();
        private final SessionLock lock = state.getLock("everybody's");
    }

    /** A fair lock of the JDK. */
    @State(Scope.Benchmark)
    public static class Reference {

        private final ReentrantLock lock = new ReentrantLock(true);
    }

    /** The subject, by threads that block. */
    @Benchmark
    @Threads(WAITERS)
    public void core(Core core, Blackhole blackhole) throws InterruptedException {
        try (SessionLock.Lease lease = core.lock.acquire()) {
            blackhole.consume(lease);
        }
    }

    /** The reference. */
    @Benchmark
    @Threads(WAITERS)
    public void fairReentrantLock(Reference reference, Blackhole blackhole) {
        reference.lock.lock();
        try {
            blackhole.consume(reference.lock);
        } finally {
            reference.lock.unlock();
        }
    }

    /** The subject, by one thread with as many futures: each closes its lease in its callback. For information. */
    @Benchmark
    @OperationsPerInvocation(WAITERS)
    public void coreAsync(Core core) throws InterruptedException {
        CompletableFuture<?>[] waiters = new CompletableFuture<?>[WAITERS];
        SessionLock.Lease first = core.lock.acquire();
        for (int i = 0; i < WAITERS; i++) {
            waiters[i] = core.lock.acquireAsync().thenAccept(SessionLock.Lease::close);
        }
        first.close();
        CompletableFuture.allOf(waiters).join();
    }
}
