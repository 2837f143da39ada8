package io.github.agentcompaction.replicas;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of messages, and how a summary keeps the names of all that it stands for: nothing is lost in it, nothing merged. */
final class MessageIds {

    private static final Pattern ID = Pattern.compile("\\bm:([\\w.]+)#(\\d+)\\b");
    private static final Pattern SUMMARY = Pattern.compile("summary (\\S+) of \\[([^\\]]*)\\]");

    private MessageIds() {}

    /** The n-th message of a task in a session. A task numbers its own in its order. */
    record Id(String appender, int number) {
        @Override
        public String toString() {
            return "m:" + appender + "#" + number;
        }
    }

    /** {@return what a text tells: the ids of a summary or of single messages, in their order} */
    static List<Id> in(String text) {
        List<Id> ids = new ArrayList<>();
        Matcher summary = SUMMARY.matcher(text);
        int end = 0;
        if (summary.find()) {
            ids.addAll(expand(summary.group(2)));
            end = summary.end();
        }
        Matcher id = ID.matcher(text);
        for (boolean found = id.find(end); found; found = id.find()) {
            ids.add(new Id(id.group(1), Integer.parseInt(id.group(2))));
        }
        return ids;
    }

    static boolean isSummary(String text) {
        return SUMMARY.matcher(text).matches();
    }

    /** {@return the name of a summary} */
    static String nameOf(String summary) {
        Matcher matcher = SUMMARY.matcher(summary);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no summary: " + summary);
        }
        return matcher.group(1);
    }

    /** Writes a summary: for each appender the runs of its numbers. An id that comes twice begins a run of its own. */
    static String summary(String name, List<Id> ids) {
        Map<String, List<int[]>> runs = new LinkedHashMap<>();
        for (Id id : ids) {
            List<int[]> own = runs.computeIfAbsent(id.appender(), a -> new ArrayList<>());
            int[] last = own.isEmpty() ? null : own.get(own.size() - 1);
            if (last != null && last[1] + 1 == id.number()) {
                last[1]++;
            } else {
                own.add(new int[] {id.number(), id.number()});
            }
        }
        StringBuilder text = new StringBuilder("summary " + name + " of [");
        runs.forEach((appender, own) -> {
            text.append(appender).append(':');
            own.forEach(run -> text.append(run[0]).append('-').append(run[1]).append('+'));
            text.setCharAt(text.length() - 1, ' ');
        });
        return text.append(']').toString();
    }

    private static List<Id> expand(String runs) {
        List<Id> ids = new ArrayList<>();
        for (String part : runs.isBlank() ? new String[0] : runs.strip().split(" ")) {
            int colon = part.indexOf(':');
            for (String run : part.substring(colon + 1).split("\\+")) {
                int dash = run.indexOf('-');
                int last = Integer.parseInt(run.substring(dash + 1));
                for (int number = Integer.parseInt(run.substring(0, dash)); number <= last; number++) {
                    ids.add(new Id(part.substring(0, colon), number));
                }
            }
        }
        return ids;
    }
}
