package io.github.agentcompaction;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Counts the failures in a row of each session's compactions, and says which sessions are cooling down. One per template.
 *
 * <p>An entry outlives its cool-down, so that the try after it is a single one; then it expires. Their number has no
 * bound of its own: each stands for a compactor that has just failed. A session's entry is written under its lease only.
 */
final class FailureLedger {

    private final int maxFailures;
    private final long cooldownNanos;
    private final Ticker ticker;
    private final Cache<String, Streak> streaks;

    /** @param ttl how long failures are remembered at least */
    FailureLedger(int maxFailures, Duration cooldown, Duration ttl, Ticker ticker) {
        this.maxFailures = maxFailures;
        this.cooldownNanos = Durations.toNanos(cooldown);
        this.ticker = ticker;
        this.streaks = Caffeine.newBuilder()
                .expireAfterWrite(Duration.ofNanos(
                        Math.max(2 * Math.min(cooldownNanos, Long.MAX_VALUE / 4), Durations.toNanos(ttl))))
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
    }

    /** {@return how many failures in a row the session has had now} */
    int failed(String sessionId, @Nullable Throwable cause) {
        Streak before = streaks.getIfPresent(sessionId);
        int length = before == null ? 1 : before.length + 1;
        // The cause may hold on to much, and is only needed for the tasks that are rejected.
        streaks.put(sessionId, new Streak(length, ticker.read(), length < maxFailures ? null : cause));
        return length;
    }

    int maxFailures() {
        return maxFailures;
    }

    void succeeded(String sessionId) {
        streaks.invalidate(sessionId);
        streaks.cleanUp(); // failures that have expired go while compactions succeed, too
    }

    /** {@return why a session must not be compacted now, or null if it may} */
    @Nullable
    CoolDown coolDown(String sessionId) {
        Streak streak = streaks.getIfPresent(sessionId);
        if (streak == null || streak.length < maxFailures) {
            return null;
        }
        long now = ticker.read();
        boolean setBack = streak.isSetBack(now);
        long passed = now - streak.lastAt;
        return setBack || passed >= cooldownNanos
                ? null
                : new CoolDown(streak.length, Duration.ofNanos(cooldownNanos - Math.max(0, passed)), streak.cause);
    }

    /**
     * A cool-down that has not passed.
     *
     * @param failures how many failures in a row led to it
     * @param left until the next try is allowed
     * @param cause what the compactor threw last, if it threw
     */
    record CoolDown(int failures, Duration left, @Nullable Throwable cause) {}

    /** Failures without a success in between. */
    private static final class Streak {

        /** Threads read the clock one after the other; what differs by less is not a clock that was set back. */
        private static final long TOLERANCE = 1_000_000_000; // 1 s

        final int length;
        final long lastAt; // when the last one ended, on the state's ticker
        final @Nullable Throwable cause;
        private volatile long latest; // when the cool-down was looked at last

        Streak(int length, long lastAt, @Nullable Throwable cause) {
            this.length = length;
            this.lastAt = lastAt;
            this.cause = cause;
            this.latest = lastAt;
        }

        /** Such a clock does not tell how much has passed: rather one try more than a longer cool-down. */
        boolean isSetBack(long now) {
            if (now - latest < -TOLERANCE) {
                return true;
            }
            latest = now;
            return false;
        }
    }
}
