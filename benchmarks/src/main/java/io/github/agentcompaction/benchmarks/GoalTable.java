package io.github.agentcompaction.benchmarks;

import java.util.Locale;

/** The goals and what came of them. */
final class GoalTable {

    private final MarkdownTable table =
            new MarkdownTable("goal", "measured", "reference", "ratio (all rounds)", "limit", "met");
    private boolean allMet = true;

    void atMost(String goal, String measured, String reference, Ratio ratio, double limit) {
        add(goal, measured, reference, ratio, "at most " + number(limit), ratio.value() <= limit);
    }

    void atLeast(String goal, String measured, String reference, Ratio ratio, double limit) {
        add(goal, measured, reference, ratio, "at least " + number(limit), ratio.value() >= limit);
    }

    /** A figure without a goal. */
    void note(String what, String measured, String reference, Ratio ratio) {
        table.add(what, measured, reference, ratio.toString(), "", "");
    }

    private void add(String goal, String measured, String reference, Ratio ratio, String limit, boolean met) {
        table.add(goal, measured, reference, ratio.toString(), limit, met ? "yes" : "NO");
        allMet &= met;
    }

    boolean allMet() {
        return allMet;
    }

    /** {@return the table as Markdown} */
    @Override
    public String toString() {
        return table.toString();
    }

    static String number(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%,.0f", value) : Double.toString(value);
    }

    static String nanos(double value) {
        return String.format(Locale.ROOT, "%,.0f ns", value);
    }

    static String millis(double value) {
        return String.format(Locale.ROOT, "%,.0f ms", value);
    }

    static String perSecond(double value) {
        return String.format(Locale.ROOT, "%,.0f/s", value);
    }

    static String bytes(double value) {
        return String.format(Locale.ROOT, "%.1f B", value);
    }
}
