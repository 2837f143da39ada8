package io.github.agentcompaction;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A text that tells what kind of error this is.
 *
 * @param kind what it means, and how much it counts
 * @param provider who says it
 * @param parts what follows each other in the error's text, in lower case, with anything in between
 * @param source where the text was found
 */
record ContextLimitRule(Kind kind, String provider, List<String> parts, String source) {

    /** In the order in which the rules are asked: the first one that fits decides. */
    enum Kind {
        /** A code, type or name that means one thing, whatever words stand beside it. */
        CODE(true),
        /** Another error, even where the provider's words are those of a limit. */
        VETO(false),
        /** The words of a provider. */
        LIMIT(true),
        /** Another error, if there is nothing but vague words. */
        DOUBT(false),
        /** Words that many use, also for limits of another kind. */
        VAGUE(true);

        final boolean isLimit;

        Kind(boolean isLimit) {
            this.isLimit = isLimit;
        }
    }

    /**
     * Reads a table: the provider in brackets, and below it a line for each of its rules, with kind, text and source. An
     * ellipsis in the text stands for anything in between.
     *
     * @return the rules in the order in which they are asked
     */
    static List<ContextLimitRule> read(String table) {
        List<ContextLimitRule> rules = new ArrayList<>();
        String provider = "";
        for (String line : table.lines().toList()) {
            if (line.startsWith("[")) {
                provider = line.substring(1, line.indexOf(']'));
            } else if (!line.isBlank()) {
                String[] row = line.split(" *\\| *", 3);
                Kind kind = Kind.valueOf(row[0].toUpperCase(Locale.ROOT));
                rules.add(new ContextLimitRule(kind, provider, List.of(row[1].split(" … ", -1)), row[2]));
            }
        }
        rules.sort(Comparator.comparing(ContextLimitRule::kind));
        return List.copyOf(rules);
    }

    boolean isIn(String text) {
        int from = 0;
        for (String part : parts) {
            int at = text.indexOf(part, from);
            if (at < 0) {
                return false;
            }
            from = at + part.length();
        }
        return true;
    }
}
