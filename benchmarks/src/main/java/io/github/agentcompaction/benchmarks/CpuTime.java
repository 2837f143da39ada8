package io.github.agentcompaction.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * The processor time of an operation on the benchmark's own thread.
 *
 * <p>Time on the wall counts what other programs do while the thread waits for a processor; on a busy machine that is most of
 * it. What is left out besides is garbage collection, less than one part in a hundred here. The upkeep of a cache is in the
 * figure: all caches that are measured do it on the asking thread.
 */
public final class CpuTime implements InternalProfiler {

    static final String LABEL = "cpu";

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private Map<Long, Long> before = Map.of();

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        before = workers();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        long operations = result.getMetadata().getAllOps();
        long spent = 0;
        for (Map.Entry<Long, Long> worker : workers().entrySet()) {
            spent += worker.getValue() - before.getOrDefault(worker.getKey(), 0L);
        }
        double nanos = (double) spent / Math.max(1, operations);
        return List.of(new ScalarResult(LABEL, nanos, "ns/op", AggregationPolicy.AVG));
    }

    /** The time of each worker so far. One of another benchmark may end in between, where there is no fork. */
    private Map<Long, Long> workers() {
        Map<Long, Long> times = new HashMap<>();
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().contains("-jmh-worker-")) {
                times.put(thread.getThreadId(), Math.max(0, threads.getThreadCpuTime(thread.getThreadId())));
            }
        }
        return times;
    }

    @Override
    public String getDescription() {
        return "Processor time of the benchmark's threads per operation";
    }
}
