package io.github.agentcompaction;

/** Checks agent names and session ids, and prints them so that they cannot forge a log line. */
final class Names {

    /** A session id is cut to this many characters in messages: enough to recognize it. */
    private static final int PRINTED_LENGTH = 128;

    private Names() {}

    static String requireSessionId(String sessionId) {
        return requireText(sessionId, "sessionId");
    }

    static String requireText(String value, String argument) {
        if (value == null) {
            throw new NullPointerException(argument + " must not be null");
        }
        if (value.isBlank()) {
            throw new IllegalArgumentException(argument + " must not be blank, but was "
                    + (value.isEmpty() ? "empty" : value.length() + " blank character(s)"));
        }
        return value;
    }

    /** "session 'x' of agent 'y'", on one line whatever the two contain. */
    static String session(String agent, String sessionId) {
        return "session '" + printable(sessionId) + "' of agent '" + printable(agent) + "'";
    }

    static String printable(String name) {
        StringBuilder printed = new StringBuilder(Math.min(name.length(), PRINTED_LENGTH) + 16);
        name.codePoints().limit(PRINTED_LENGTH).forEach(c -> {
            if (c == '\\') {
                printed.append("\\\\"); // what looks like an escape below is one
            } else if (isPrintable(c)) {
                printed.appendCodePoint(c);
            } else {
                printed.append(String.format("\\u%04x", c));
            }
        });
        return name.codePointCount(0, name.length()) > PRINTED_LENGTH
                ? printed.append("...").toString()
                : printed.toString();
    }

    /** Line breaks of every script, controls, and marks that reorder the rest of a line are not. */
    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE,
                    Character.SURROGATE -> false;
            default -> true;
        };
    }
}
