package io.github.agentcompaction.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** A table as Markdown, which reads well on a terminal too. */
public final class MarkdownTable {

    private final List<String[]> rows = new ArrayList<>();

    public MarkdownTable(String... header) {
        rows.add(header);
    }

    public void add(String... cells) {
        rows.add(cells);
    }

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
}
