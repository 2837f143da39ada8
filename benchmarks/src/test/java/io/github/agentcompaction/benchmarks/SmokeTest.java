package io.github.agentcompaction.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs everything once, as small as it goes, so that a change elsewhere cannot break the benchmarks unnoticed. */
class SmokeTest {

    private static final Effort SMALLEST = new Effort(1, 0, 0, 1, 10, 1, 100);

    @Test
    void run_everyCase_hasAScore() throws Exception {
        Rounds rounds = new Rounds(SMALLEST);

        rounds.run(Main.CASES);

        assertThat(Main.CASES)
                .allSatisfy(each -> assertThat(rounds.figure(each)).isPositive());
    }

    @Test
    void cases_nameEveryBenchmark() {
        Set<BenchmarkListEntry> benchmarks = BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(System.err, VerboseMode.SILENT), List.of());

        assertThat(benchmarks)
                .isNotEmpty()
                .allSatisfy(benchmark -> assertThat(Main.CASES)
                        .anyMatch(each -> benchmark.getUsername().matches(each.pattern())));
    }

    @Test
    void footprint_ofAnIdleSession_isOfTheOrderOfAHundredBytes() throws Exception {
        List<Double> reported = Child.run(IdleSessionFootprint.class, IdleSessionFootprint.JVM_ARGS, 1_000);

        assertThat(reported).hasSize(2).allSatisfy(bytes -> assertThat(bytes).isBetween(50.0, 250.0));
    }

    @Test
    void contextStart_withAgents_isReportedForEachNumberOfThem() throws Exception {
        assertThat(Child.run(ContextStart.class, ContextStart.JVM_ARGS, 0, 1, 0, 1, 3))
                .hasSize(3);
    }

    @ParameterizedTest
    @EnumSource
    void waiters_ofBothForms_areReportedWithTheirReference(Waiters.Form form) throws Exception {
        List<Double> reported = Child.run(Waiters.class, Waiters.JVM_ARGS, form, 3, 0, 1);

        assertThat(reported).hasSize(2).allSatisfy(millis -> assertThat(millis).isPositive());
    }
}
