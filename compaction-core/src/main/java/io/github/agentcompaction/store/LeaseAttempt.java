package io.github.agentcompaction.store;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * What a {@link LeaseStore} answers to an attempt to take a lease.
 *
 * @param grant the lease, or empty if it is busy
 * @param retryAfter if it is busy: after how long to try again unless a signal comes before
 * @param epoch the session's epoch at the store, 0 if it could not be read
 * @param sinceCompacted how long ago the session was last compacted, on the store's clock, as far as the store knows
 */
public record LeaseAttempt(
        Optional<LeaseGrant> grant, Duration retryAfter, long epoch, Optional<Duration> sinceCompacted) {

    /**
     * Checks that nothing is null.
     *
     * @param grant the lease, or empty if it is busy
     * @param retryAfter if it is busy: after how long to try again
     * @param epoch the session's epoch at the store
     * @param sinceCompacted how long ago the session was last compacted
     */
    public LeaseAttempt {
        Objects.requireNonNull(grant, "grant must not be null; use Optional.empty()");
        Objects.requireNonNull(retryAfter, "retryAfter must not be null");
        Objects.requireNonNull(sinceCompacted, "sinceCompacted must not be null; use Optional.empty()");
    }

    /**
     * The lease was granted.
     *
     * @param grant the lease
     * @param sinceCompacted how long ago the session was last compacted
     * @return the answer
     */
    public static LeaseAttempt granted(LeaseGrant grant, Optional<Duration> sinceCompacted) {
        return new LeaseAttempt(Optional.of(grant), Duration.ZERO, grant.epoch(), sinceCompacted);
    }

    /**
     * Another holder has the lease.
     *
     * @param retryAfter after how long to try again unless a signal comes before
     * @param epoch the session's epoch at the store
     * @param sinceCompacted how long ago the session was last compacted
     * @return the answer
     */
    public static LeaseAttempt busy(Duration retryAfter, long epoch, Optional<Duration> sinceCompacted) {
        return new LeaseAttempt(Optional.empty(), retryAfter, epoch, sinceCompacted);
    }
}
