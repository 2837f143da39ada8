package io.github.agentcompaction.springai;

import io.github.agentcompaction.springai.SessionSizes.Measured;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One session's size, how fast it grows, and at which size it was to be compacted.
 *
 * <p>Thread-safe.
 */
final class SessionSize {

    /** The growth is that over so many answers. */
    private static final int RECENT_ANSWERS = 8;

    /** Parallel answers that end together say nothing about the growth over a shorter time. */
    private static final double SHORTEST_SECONDS = 1;

    private static final double NANOS_OF_A_SECOND = 1e9;

    private final ReentrantLock mutex = new ReentrantLock();

    /** Guarded by the mutex, as the next two are. */
    private Measured measured = Measured.NOTHING;

    private final Deque<Answered> recent = new ArrayDeque<>();

    /** The smallest size since the session was to be compacted; none if it is to be compacted as soon as it is long. */
    private double compacted = Double.NEGATIVE_INFINITY;

    Measured measured() {
        return underMutex(() -> measured);
    }

    void measured(Measured measured) {
        underMutex(() -> this.measured = measured);
    }

    /**
     * Notes an answer.
     *
     * @param nanos when it ended
     * @param tokens the session's size after it
     * @return the growth in tokens per second, without what a compaction has taken away; 0 if it is not known
     */
    double answered(long nanos, double tokens) {
        return underMutex(() -> growth(nanos, tokens));
    }

    private double growth(long nanos, double tokens) {
        compacted = Math.min(compacted, tokens);
        Answered oldest = recent.peekFirst();
        if (oldest != null && tokens < oldest.tokens) { // it was compacted, and grows on as fast
            double taken = recent.getLast().tokens - tokens;
            List<Answered> less = recent.stream()
                    .map(answered -> new Answered(answered.nanos, answered.tokens - taken))
                    .toList();
            recent.clear();
            recent.addAll(less);
        }
        if (recent.size() == RECENT_ANSWERS) {
            recent.removeFirst();
        }
        recent.addLast(new Answered(nanos, tokens));
        Answered first = recent.getFirst();
        double seconds = (nanos - first.nanos) / NANOS_OF_A_SECOND;
        return (tokens - first.tokens) / Math.max(seconds, SHORTEST_SECONDS);
    }

    /**
     * Takes the right to have the session compacted, which one answer has until the session has grown again.
     *
     * @param noticeable by how many tokens
     */
    boolean tryCompact(double tokens, double noticeable) {
        return underMutex(() -> {
            boolean hasGrown = tokens >= compacted + noticeable;
            compacted = hasGrown ? tokens : compacted;
            return hasGrown;
        });
    }

    /** Gives the right back: nothing was tried. */
    void notCompacted() {
        underMutex(() -> compacted = Double.NEGATIVE_INFINITY);
    }

    private <T extends @Nullable Object> T underMutex(Supplier<T> step) {
        mutex.lock();
        try {
            return step.get();
        } finally {
            mutex.unlock();
        }
    }

    private record Answered(long nanos, double tokens) {}
}
