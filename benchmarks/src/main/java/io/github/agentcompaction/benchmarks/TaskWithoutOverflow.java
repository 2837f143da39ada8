package io.github.agentcompaction.benchmarks;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import java.util.Optional;
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
 * What a service pays for each task: a root task that does not overflow, through the template, with the starter's meters.
 *
 * <p>One session in a hundred has a summary that waits for an answer; none of them is asked for.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class TaskWithoutOverflow {

    /** The template of an agent whose sessions all have their lock in the cache. */
    @State(Scope.Benchmark)
    public static class Core {

        private CompactionTemplate template;

        /** Fills the cache, and stores the summaries that wait. */
        @Setup
        public void fill(SessionIds ids) {
            SessionCompactionState state = MeteredState.ofAtMost(ids.count());
            template = CompactionTemplate.builder(state, id -> Optional.empty()).build();
            int waiting = ids.count() / 100;
            ids.kept().subList(0, waiting).forEach(id -> state.storeSummary("bystander-" + id, "A summary."));
            ids.kept().forEach(state::getLock);
            Filled.require(waiting, state.summaryCount());
            Filled.requireAndSettle(ids.count(), state.lockCount());
        }
    }

    /** The subject. */
    @Benchmark
    public void core(Core core, SessionIds.Asked ids, Blackhole blackhole) {
        String id = ids.next();
        blackhole.consume(core.template.execute(id, () -> id));
    }

    /** The reference. */
    @Benchmark
    public void caffeine(CaffeineLocks reference, SessionIds.Asked ids, Blackhole blackhole) {
        blackhole.consume(reference.get(ids.next()));
    }
}
