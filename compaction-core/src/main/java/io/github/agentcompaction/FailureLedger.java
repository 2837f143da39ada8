package io.github.agentcompaction;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The failures in a row of each session's compactions.
 *
 * <p>An entry lives no longer than the session's lock, and is bounded by the same time and number: a failure may hold on
 * to much. It is written only under the session's lease.
 */
final class FailureLedger {

    private final ConcurrentMap<SessionLock, Streak> streaks;

    FailureLedger(Duration ttl, long maxSize, Ticker ticker) {
        this.streaks = Caffeine.newBuilder()
                .weakKeys()
                .expireAfterAccess(ttl)
                .maximumSize(maxSize)
                .ticker(ticker)
                .<SessionLock, Streak>build()
                .asMap();
    }

    @Nullable
    Streak streak(SessionLock lock) {
        return streaks.get(lock);
    }

    void failed(SessionLock lock, long now, @Nullable Throwable cause) {
        Streak before = streaks.get(lock);
        streaks.put(lock, new Streak(before == null ? 1 : before.length + 1, now, cause));
    }

    void succeeded(SessionLock lock) {
        streaks.remove(lock);
    }

    /**
     * Failures without a success in between.
     *
     * @param length how many
     * @param lastAt when the last one ended, on the state's ticker
     * @param cause what the compactor threw last, if it threw
     */
    record Streak(int length, long lastAt, @Nullable Throwable cause) {}
}
