package io.github.agentcompaction.benchmarks;

import java.util.Locale;

/** The goals and what came of them. */
public final class GoalTable {

    private final MarkdownTable table =
            new MarkdownTable("goal", "measured", "reference", "ratio (all rounds)", "limit", "met");
    private boolean allMet = true;

    public void atMost(Comparison comparison, double limit) {
        add(comparison, "at most " + number(limit), comparison.ratio().value() <= limit);
    }

    public void atLeast(Comparison comparison, double limit) {
        add(comparison, "at least " + number(limit), comparison.ratio().value() >= limit);
    }

    /** A figure without a goal. */
    public void note(Comparison comparison) {
        add(comparison, "", "");
    }

    private void add(Comparison comparison, String limit, boolean met) {
        add(comparison, limit, met ? "yes" : "NO");
        allMet &= met;
    }

    private void add(Comparison comparison, String limit, String met) {
        table.add(
                comparison.what(),
                comparison.measured(),
                comparison.reference(),
                comparison.ratio().toString(),
                limit,
                met);
    }

    public boolean allMet() {
        return allMet;
    }

    /** {@return the table as Markdown} */
    @Override
    public String toString() {
        return table.toString();
    }

    private static String number(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%,.0f", value) : Double.toString(value);
    }

    /** A line of the table without its limit; the figures have units. */
    public record Comparison(String what, String measured, String reference, Ratio ratio) {}
}
