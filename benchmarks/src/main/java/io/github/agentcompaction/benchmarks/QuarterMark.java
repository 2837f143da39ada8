package io.github.agentcompaction.benchmarks;

import java.util.Arrays;

/**
 * What counts of several times: the quarter mark, counted from the shortest.
 *
 * <p>Other programs only ever slow a run down, so a short time is nearer to the truth than the middle one. Not the shortest:
 * what happens now and then, such as the cache's upkeep, belongs to the cost.
 */
final class QuarterMark {

    private QuarterMark() {}

    static double of(double... times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return sorted[(sorted.length - 1) / 4];
    }
}
