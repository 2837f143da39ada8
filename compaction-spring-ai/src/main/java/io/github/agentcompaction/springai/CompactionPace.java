package io.github.agentcompaction.springai;

import java.time.Duration;

/**
 * Says when a session is to be compacted in the background: when it is longer than a share of the window, or, where it grows so
 * fast that it would outgrow the window before its summary is ready, earlier.
 *
 * <p>Thread-safe.
 */
final class CompactionPace {

    /** What a compaction takes if none has ended yet. */
    private static final Duration ASSUMED = Duration.ofSeconds(5);

    /** A shorter session is not compacted, however fast it grows: there would be a summary for every few turns. */
    private static final double LEAST_OF_THE_SHARE = 0.5;

    /** As if a compaction took so many times as long: the growth varies, and the next look comes only after another answer. */
    private static final double MARGIN = 1.5;

    /** By so much of the window a session has to grow before it is compacted again. */
    private static final double NOTICEABLE = 0.05;

    private static final double NANOS_OF_A_SECOND = 1e9;

    private final ContextWindow window;
    private volatile double seconds = ASSUMED.toSeconds();

    CompactionPace(ContextWindow window) {
        this.window = window;
    }

    /** Notes how long a compaction has taken, with its waiting. */
    void took(long nanos) {
        seconds = nanos / NANOS_OF_A_SECOND;
    }

    /**
     * Whether it is time.
     *
     * @param tokens the session's size
     * @param growth its growth in tokens per second
     */
    boolean isDue(double tokens, double growth) {
        double latest = window.longSession();
        return tokens > latest
                || (tokens > latest * LEAST_OF_THE_SHARE && tokens + growth * seconds * MARGIN > window.tokens());
    }

    /** How many tokens a session has to grow before it is compacted again. */
    double noticeable() {
        return NOTICEABLE * window.tokens();
    }
}
