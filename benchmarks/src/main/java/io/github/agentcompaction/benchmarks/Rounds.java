package io.github.agentcompaction.benchmarks;

import io.github.agentcompaction.benchmarks.Case.Measure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs all cases several times over, each time in a fresh JVM.
 *
 * <p>JMH would run all forks of one benchmark before the next one begins. On a machine that others use too, minutes may lie
 * between a subject and its reference then, and their ratio tells about the neighbors. Here a round runs each case once,
 * those that are compared next to each other, and every other round runs backwards.
 */
final class Rounds {

    private final Effort effort;
    private final Map<Case, List<Double>> scores = new LinkedHashMap<>();

    Rounds(Effort effort) {
        this.effort = effort;
    }

    void run(List<Case> cases) throws RunnerException {
        List<Case> order = new ArrayList<>(cases);
        for (int round = 1; round <= effort.rounds(); round++) {
            for (Case each : order) {
                double score = runOnce(each);
                scores.computeIfAbsent(each, c -> new ArrayList<>()).add(score);
                System.out.printf("round %d of %d: %-45s %,15.1f%n", round, effort.rounds(), each, score);
            }
            Collections.reverse(order);
        }
    }

    /** The figure of a case: of its rounds, the quarter mark. */
    double figure(Case of) {
        return QuarterMark.of(scores(of));
    }

    Ratio ratio(Case subject, Case reference) {
        return Ratio.ofRounds(scores(subject), scores(reference));
    }

    /** The scores of a case, one for each round. */
    private double[] scores(Case of) {
        return Objects.requireNonNull(scores.get(of), () -> of + " was not run").stream()
                .mapToDouble(Double::doubleValue)
                .toArray();
    }

    private double runOnce(Case each) throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(each.pattern())
                .forks(effort.forks())
                .warmupIterations(effort.warmups())
                .warmupTime(TimeValue.milliseconds(effort.millis()))
                .measurementIterations(effort.measurements())
                .measurementTime(TimeValue.milliseconds(effort.millis()))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
        if (each.measure() == Measure.CPU_TIME) {
            options.addProfiler(CpuTime.class);
        }
        if (each.sessions() > 0) {
            options.param("sessions", Integer.toString(effort.atMostSessions(each.sessions())));
        }
        RunResult run = new Runner(options.build()).runSingle();
        Result<?> score = each.measure() == Measure.CPU_TIME
                ? Objects.requireNonNull(run.getSecondaryResults().get(CpuTime.LABEL))
                : run.getPrimaryResult();
        return score.getStatistics().getPercentile(25); // of the iterations, too, the quarter mark
    }
}
