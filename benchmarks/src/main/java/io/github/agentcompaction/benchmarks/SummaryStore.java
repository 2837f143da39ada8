package io.github.agentcompaction.benchmarks;

import io.github.agentcompaction.SessionCompactionState;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Storing the summaries of sessions that have none, with room for them and without.
 *
 * <p>An invocation stores {@value #BATCH} summaries, long enough for a set-up before each of them not to be felt.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class SummaryStore {

    static final int BATCH = 5_000;

    private static final int MAX_SIZE = 2 * BATCH;
    private static final String SUMMARY = "The user asked for three flights and chose the second.";

    /** Half full before each invocation, and just full after it. */
    @State(Scope.Benchmark)
    public static class HalfFull {

        private final SessionCompactionState state =
                SessionCompactionState.builder().maxSize(MAX_SIZE).build();
        private final List<String> ids = List.of(SessionIds.create(MAX_SIZE));

        /** Stays half full. */
        @Setup
        public void fill() {
            ids.subList(0, BATCH).forEach(id -> state.storeSummary(id, SUMMARY));
        }

        /** Takes out what the invocation before has stored. */
        @Setup(Level.Invocation)
        public void makeRoom() {
            ids.subList(BATCH, MAX_SIZE).forEach(state::popSummary);
            Filled.require(BATCH, state.summaryCount());
        }

        List<String> newcomers() {
            return ids.subList(BATCH, MAX_SIZE);
        }
    }

    /** Full, so each summary that is stored pushes out the oldest. */
    @State(Scope.Benchmark)
    public static class Full {

        private final SessionCompactionState state =
                SessionCompactionState.builder().maxSize(MAX_SIZE).build();
        private final List<String> ids = List.of(SessionIds.create(2 * MAX_SIZE));
        private int batch;

        /** Stores as many as there is room for. */
        @Setup
        public void fill() {
            ids.subList(MAX_SIZE, 2 * MAX_SIZE).forEach(id -> state.storeSummary(id, SUMMARY));
            batch = 2 * MAX_SIZE / BATCH - 1;
        }

        /** Moves on; a session comes again after four batches, when its last summary has been pushed out. */
        @Setup(Level.Invocation)
        public void moveOn() {
            batch = (batch + 1) % (2 * MAX_SIZE / BATCH);
            Filled.require(MAX_SIZE, state.summaryCount());
        }

        List<String> newcomers() {
            return ids.subList(batch * BATCH, (batch + 1) * BATCH);
        }
    }

    /** The reference. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void withRoom(HalfFull half) {
        for (String id : half.newcomers()) {
            half.state.storeSummary(id, SUMMARY);
        }
    }

    /** The subject. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void full(Full full) {
        for (String id : full.newcomers()) {
            full.state.storeSummary(id, SUMMARY);
        }
    }
}
