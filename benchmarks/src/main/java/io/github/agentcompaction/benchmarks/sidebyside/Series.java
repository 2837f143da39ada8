package io.github.agentcompaction.benchmarks.sidebyside;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Scenarios that differ in the number of tasks alone: a row of the table.
 *
 * @param what what else they have in common, to be read after the numbers
 * @param scenarios the scenarios
 */
record Series(String what, List<Scenario> scenarios) {

    static List<Series> all(Timing timing, int... tasks) {
        int most = tasks[tasks.length - 1];
        return List.of(
                series(" at once", false, false, tasks),
                series(" at once, one append", false, true, tasks),
                series(", " + timing.gap() + " ms apart", true, false, most));
    }

    private static Series series(String what, boolean apart, boolean append, int... tasks) {
        return new Series(
                what,
                Arrays.stream(tasks)
                        .mapToObj(number -> new Scenario(number, apart, append))
                        .toList());
    }

    String describe() {
        return joined(scenarios, scenario -> Integer.toString(scenario.tasks())) + what;
    }

    static <T> String joined(List<T> each, Function<T, String> cell) {
        return each.stream().map(cell).collect(Collectors.joining(" / "));
    }
}
