package io.github.agentcompaction;

/** Checks agent names and session ids, and prints them so that they cannot forge a log line. */
final class Names {

    /** A session id is cut to this many characters in messages: enough to recognise it. */
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
        int length = Math.min(name.length(), PRINTED_LENGTH);
        StringBuilder printed = new StringBuilder(length + 16);
        for (int i = 0; i < length; i++) {
            char c = name.charAt(i);
            if (isPrintable(c)) {
                printed.append(c);
            } else {
                printed.append(String.format("\\u%04x", (int) c));
            }
        }
        return name.length() > PRINTED_LENGTH ? printed.append("...").toString() : printed.toString();
    }

    /** Line breaks of every script, controls, and marks that reorder the rest of a line are not. */
    private static boolean isPrintable(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE -> false;
            default -> true;
        };
    }
}
