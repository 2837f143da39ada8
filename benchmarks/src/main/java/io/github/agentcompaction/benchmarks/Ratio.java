package io.github.agentcompaction.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/**
 * A subject divided by its reference, round by round.
 *
 * <p>Both were measured within seconds of each other in each round, so what else the machine did at that time is in both.
 *
 * @param median the ratio of the middle round
 * @param lowest the lowest of all rounds
 * @param highest the highest of all rounds
 */
record Ratio(double median, double lowest, double highest) {

    static Ratio of(double[] subject, double[] reference) {
        double[] ratios = new double[subject.length];
        Arrays.setAll(ratios, round -> subject[round] / reference[round]);
        Arrays.sort(ratios);
        return new Ratio(median(ratios), ratios[0], ratios[ratios.length - 1]);
    }

    /** A ratio that was measured once. */
    static Ratio of(double subject, double reference) {
        return of(new double[] {subject}, new double[] {reference});
    }

    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    @Override
    public String toString() {
        return lowest == highest
                ? String.format(Locale.ROOT, "%.2f", median)
                : String.format(Locale.ROOT, "%.2f (%.2f-%.2f)", median, lowest, highest);
    }
}
