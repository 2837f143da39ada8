package io.github.agentcompaction.jdbc;

import org.jspecify.annotations.Nullable;

/**
 * The statements on one table of one database. Each change is a single UPDATE whose condition decides; where a count does not
 * tell, because a driver counts no row that stays equal, a SELECT afterwards does.
 */
final class Sql {

    private static final String KEY = " WHERE agent = ? AND session_id = ?";

    final Platform platform;
    final String table;

    /** Where PostgreSQL tells of leases that come free, or null. */
    final @Nullable String channel;

    final String create;
    final String lock;
    final String acquire;
    final @Nullable String acquireAndRead;
    final String read;
    final String renew;
    final String release;
    final String releaseCompacted;
    final String abandon;
    final String held;
    final String put;
    final String peek;
    final String mayTake;
    final String take;
    final String taken;
    final String giveBack;
    final String discard;
    final String idle;
    final String purge;

    Sql(Platform platform, String table, @Nullable String channel) {
        String now = platform.now;
        String update = "UPDATE " + table + " SET ";
        String touched = "touched_at = " + now;
        this.platform = platform;
        this.table = table;
        this.channel = channel;

        // At the clock, so that a row that was deleted brings no old epoch and no old fence back.
        create = "INSERT INTO " + table
                + " (agent, session_id, epoch, fence, version, expires_at, touched_at) VALUES (?, ?, " + now + ", "
                + now + ", 0, 0, " + now + ")" + platform.ifMissing;
        lock = update + "version = version + 1, " + touched + KEY;

        // The fence stands before the owner because MySQL assigns from left to right.
        String acquiring =
                update + "fence = CASE WHEN owner = ? THEN fence ELSE fence + 1 END, owner = ?, expires_at = " + now
                        + " + ?, " + touched + KEY + " AND (owner IS NULL OR owner = ? OR expires_at < " + now + ")";
        // Others wait for the few threads of the store behind the one that waits for a row's lock, so that is for a
        // moment only.
        acquire = switch (platform) {
            case POSTGRESQL ->
                acquiring + " AND set_config('lock_timeout', '100ms', true) IS NOT NULL"; // before the lock
            case MARIADB -> "SET STATEMENT innodb_lock_wait_timeout = 0 FOR " + acquiring; // in seconds, so not at all
            case H2, MYSQL -> acquiring; // as long as the time limit of a statement
        };
        String row = "owner, fence, epoch, expires_at - " + now + ", compacted_by, " + now + " - compacted_at";
        acquireAndRead = platform == Platform.POSTGRESQL ? acquire + " RETURNING " + row : null;
        read = "SELECT " + row + " FROM " + table + KEY;
        renew = update + "expires_at = " + now + " + ?, " + touched + KEY + " AND owner = ? AND fence = ?";
        release = update + "owner = NULL, expires_at = 0, " + touched + KEY + " AND owner = ? AND fence = ?";
        // Only compactions leave their token: a plain release would erase what tells a repeated commit that it
        // succeeded.
        releaseCompacted =
                update + "owner = NULL, expires_at = 0, version = version + 1, epoch = epoch + 1, compacted_by = ?, "
                        + "compacted_at = " + now + ", " + touched + KEY + " AND owner = ? AND fence = ?";
        abandon = update + "owner = NULL, expires_at = 0" + KEY + " AND owner = ?";
        held = "SELECT agent, session_id FROM " + table + " WHERE owner IS NOT NULL AND expires_at >= " + now
                + " AND (agent, session_id) IN (";

        String fresh = "taken_by IS NULL AND summary_at > " + now + " - ?";
        put = update + "summary = ?, summary_at = " + now + ", taken_by = NULL, " + touched + KEY;
        peek = "SELECT summary, " + now + " - summary_at FROM " + table + KEY + " AND summary IS NOT NULL AND " + fresh;
        mayTake = "SELECT 1 FROM " + table + KEY + " AND summary IS NOT NULL AND (taken_by = ? OR " + fresh + ")";
        take = update + "taken_by = ?" + KEY + " AND summary IS NOT NULL AND " + fresh;
        taken = "SELECT summary FROM " + table + KEY + " AND summary IS NOT NULL AND taken_by = ?";
        giveBack = update + "taken_by = NULL" + KEY + " AND taken_by = ?";
        discard = update + "summary = NULL, summary_at = NULL" + KEY + " AND summary IS NOT NULL AND " + fresh;

        String unused = " AND touched_at < " + now + " - ? AND (owner IS NULL OR expires_at < " + now + ")"
                + " AND (summary IS NULL OR taken_by IS NOT NULL OR summary_at < " + now + " - ?)";
        idle = "SELECT session_id FROM " + table + " WHERE agent = ?" + unused + " LIMIT ?";
        purge = "DELETE FROM " + table + KEY + unused;
    }
}
