package io.github.agentcompaction;

import java.time.Duration;
import java.util.Objects;

/** Checks and converts durations. */
final class Durations {

    /** Some 146 years, half of what fits: two of them can be added. */
    private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE >> 1);

    private Durations() {}

    static long toNanos(Duration duration) {
        return duration.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : duration.isNegative() ? -1 : duration.toNanos();
    }

    static Duration requirePositive(Duration duration, String argument) {
        Objects.requireNonNull(duration, () -> argument + " must not be null");
        if (duration.isZero() || duration.isNegative()) {
            throw new IllegalArgumentException(argument + " must be longer than zero, but was " + duration);
        }
        return duration;
    }
}
