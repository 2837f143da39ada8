package io.github.agentcompaction.benchmarks;

import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.Locale;

/**
 * A subject divided by its reference.
 *
 * <p>In each round both were measured within seconds of each other, so what else the machine did at that time is often in
 * both, but not always: the range tells how much.
 *
 * @param value the figure of the subject divided by the figure of the reference
 * @param lowest the lowest ratio of all rounds
 * @param highest the highest ratio of all rounds
 */
public record Ratio(double value, double lowest, double highest) {

    /** A ratio of figures that were measured once. */
    public static Ratio of(double subject, double reference) {
        return new Ratio(subject / reference, subject / reference, subject / reference);
    }

    /** A ratio of figures that were measured in several rounds, an element for each. */
    static Ratio ofRounds(double[] subject, double[] reference) {
        double[] ratios = new double[subject.length];
        Arrays.setAll(ratios, round -> subject[round] / reference[round]);
        DoubleSummaryStatistics range = Arrays.stream(ratios).summaryStatistics();
        return new Ratio(QuarterMark.of(subject) / QuarterMark.of(reference), range.getMin(), range.getMax());
    }

    /** The same, but the median of either counts: rates, and times that have no shortest one to come near to. */
    public static Ratio ofMedians(double[] subject, double[] reference) {
        Ratio rounds = ofRounds(subject, reference);
        return new Ratio(Median.of(subject) / Median.of(reference), rounds.lowest, rounds.highest);
    }

    @Override
    public String toString() {
        return lowest == highest
                ? String.format(Locale.ROOT, "%.2f", value)
                : String.format(Locale.ROOT, "%.2f (%.2f-%.2f)", value, lowest, highest);
    }
}
