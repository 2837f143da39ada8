package io.github.agentcompaction.springai;

import org.springframework.util.StringUtils;

/** Prints names and ids on one short line, so that they cannot forge a line of a log. */
final class OneLine {

    private static final int LENGTH = 128;

    private OneLine() {}

    static String of(String name) {
        return StringUtils.truncate(name.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", "?"), LENGTH);
    }
}
