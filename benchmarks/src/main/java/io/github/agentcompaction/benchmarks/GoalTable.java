package io.github.agentcompaction.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The goals and what came of them. */
final class GoalTable {

    private final List<String[]> rows = new ArrayList<>();
    private boolean allMet = true;

    GoalTable() {
        rows.add(new String[] {"goal", "measured", "reference", "ratio (all rounds)", "limit", "met"});
    }

    void atMost(String goal, String measured, String reference, Ratio ratio, double limit) {
        add(goal, measured, reference, ratio, "at most " + number(limit), ratio.median() <= limit);
    }

    void atLeast(String goal, String measured, String reference, Ratio ratio, double limit) {
        add(goal, measured, reference, ratio, "at least " + number(limit), ratio.median() >= limit);
    }

    /** As many as the reference: a difference that two runs of the same code show as well is none. */
    void asMany(String goal, String measured, String reference, Ratio ratio) {
        add(goal, measured, reference, ratio, "1, within 5 %", ratio.median() >= 0.95);
    }

    /** A figure without a goal. */
    void note(String what, String measured, String reference, Ratio ratio) {
        rows.add(new String[] {what, measured, reference, ratio.toString(), "", ""});
    }

    private void add(String goal, String measured, String reference, Ratio ratio, String limit, boolean met) {
        rows.add(new String[] {goal, measured, reference, ratio.toString(), limit, met ? "yes" : "NO"});
        allMet &= met;
    }

    boolean allMet() {
        return allMet;
    }

    /** {@return the table as Markdown, which reads well on a terminal too} */
    @Override
    public String toString() {
        int columns = rows.get(0).length;
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        StringBuilder table = new StringBuilder();
        for (int i = 0; i < rows.size(); i++) {
            appendRow(table, rows.get(i), widths);
            if (i == 0) {
                for (int width : widths) {
                    table.append("|").append("-".repeat(width + 2));
                }
                table.append("|\n");
            }
        }
        return table.toString();
    }

    private static void appendRow(StringBuilder table, String[] row, int[] widths) {
        for (int i = 0; i < row.length; i++) {
            table.append("| ").append(row[i]).append(" ".repeat(widths[i] - row[i].length() + 1));
        }
        table.append("|\n");
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
