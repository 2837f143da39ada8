package io.github.agentcompaction.jdbc;

import io.github.agentcompaction.store.LeaseGrant;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The lease columns of a session's row, as one SELECT found them.
 *
 * @param owner the token that took the lease last and did not end it, or null
 * @param fence the number of the last grant
 * @param epoch the session's epoch
 * @param leftMillis until the lease expires, on the database's clock; negative if it has
 * @param compactedBy the token of the last compaction, or null
 * @param sinceCompacted how long ago that was, on the database's clock
 */
record SessionRow(
        @Nullable String owner,
        long fence,
        long epoch,
        long leftMillis,
        @Nullable String compactedBy,
        Optional<Duration> sinceCompacted) {

    static SessionRow of(ResultSet row, int number) throws SQLException {
        long millis = row.getLong(6);
        Optional<Duration> sinceCompacted =
                row.wasNull() ? Optional.empty() : Optional.of(Duration.ofMillis(Math.max(0, millis)));
        return new SessionRow(
                row.getString(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getString(5), sinceCompacted);
    }

    boolean isHeld() {
        return owner != null && leftMillis >= 0;
    }

    boolean isOwnedBy(LeaseGrant grant) {
        return grant.token().equals(owner) && fence == grant.fence();
    }
}
