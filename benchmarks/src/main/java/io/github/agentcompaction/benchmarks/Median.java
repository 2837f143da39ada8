package io.github.agentcompaction.benchmarks;

import java.util.Arrays;

/** The middle one of several figures; of an even number, the mean of the two in the middle. */
public final class Median {

    private Median() {}

    public static double of(double... figures) {
        double[] sorted = figures.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
