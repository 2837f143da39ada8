package io.github.agentcompaction.benchmarks;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.agentcompaction.SessionCompactionState;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

/**
 * Storing a summary, looking at it and taking it out, while others wait.
 *
 * <p>Both sides hold the summaries of half as many sessions as they may, and those are never touched: a store that is empty
 * between two operations would be the easier case.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class SummaryRoundTrip {

    private static final String SUMMARY = "The user asked for three flights and chose the second.";

    /** The state as a user builds it. */
    @State(Scope.Benchmark)
    public static class Core {

        private SessionCompactionState state;

        /** Stores the summaries that no task asks for. */
        @Setup
        public void fill(SessionIds ids) {
            state = SessionCompactionState.builder().maxSize(ids.count() * 2L).build();
            bystanders(ids).forEach(id -> state.storeSummary(id, SUMMARY));
            Filled.requireAndSettle(ids.count(), state.summaryCount());
        }
    }

    /** A cache with the same two bounds. */
    @State(Scope.Benchmark)
    public static class Reference {

        private Cache<String, String> summaries;

        /** Stores the summaries that no task asks for. */
        @Setup
        public void fill(SessionIds ids) {
            summaries = Caffeine.newBuilder()
                    .expireAfterWrite(SessionCompactionState.DEFAULT_TTL)
                    .maximumSize(ids.count() * 2L)
                    .executor(Runnable::run)
                    .build();
            bystanders(ids).forEach(id -> summaries.put(id, SUMMARY));
            summaries.cleanUp();
            Filled.requireAndSettle(ids.count(), summaries.estimatedSize());
        }
    }

    private static List<String> bystanders(SessionIds ids) {
        return ids.kept().stream().map(id -> "bystander-" + id).toList();
    }

    /** The subject. */
    @Benchmark
    public void core(Core core, SessionIds.Asked ids, Blackhole blackhole) {
        String id = ids.next();
        core.state.storeSummary(id, SUMMARY);
        blackhole.consume(core.state.getSummary(id));
        blackhole.consume(core.state.popSummary(id));
    }

    /** The reference. {@code asMap().remove} is the removal that tells what it removed, as a pop must. */
    @Benchmark
    public void caffeine(Reference reference, SessionIds.Asked ids, Blackhole blackhole) {
        String id = ids.next();
        reference.summaries.put(id, SUMMARY);
        blackhole.consume(reference.summaries.getIfPresent(id));
        blackhole.consume(reference.summaries.asMap().remove(id));
    }
}
