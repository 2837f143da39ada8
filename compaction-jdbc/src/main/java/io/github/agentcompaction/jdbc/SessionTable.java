package io.github.agentcompaction.jdbc;

import io.github.agentcompaction.store.LeaseGrant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.core.JdbcOperations;

/** The leases' side of the table, on one connection or in one transaction. Short-lived; not thread-safe. */
final class SessionTable {

    private final JdbcOperations jdbc;
    private final Sql sql;

    SessionTable(JdbcOperations jdbc, Sql sql) {
        this.jdbc = jdbc;
        this.sql = sql;
    }

    SummaryTable summaries() {
        return new SummaryTable(jdbc, sql, this);
    }

    IdleRows idleRows() {
        return new IdleRows(jdbc, sql);
    }

    /**
     * Tries to take a lease, and reads what came of it.
     *
     * @return the row; the lease is granted if its owner is the token
     */
    SessionRow acquire(RowKey key, String token, long leaseMillis) {
        while (true) {
            boolean decided = tryToAcquire(key, token, leaseMillis);
            SessionRow row = read(key);
            if (row == null) {
                create(key);
            } else if (!decided || row.isHeld() || token.equals(row.owner())) {
                return row;
            } // else released between the two statements
        }
    }

    /** Returns false if another transaction, most likely a commit, held the row for too long. Reading waits for no lock. */
    private boolean tryToAcquire(RowKey key, String token, long leaseMillis) {
        try {
            jdbc.update(sql.acquire, token, token, leaseMillis, key.agent(), key.session(), token);
            return true;
        } catch (QueryTimeoutException e) {
            return false;
        }
    }

    @Nullable
    SessionRow read(RowKey key) {
        List<SessionRow> rows = jdbc.query(sql.read, SessionRow::of, key.agent(), key.session());
        return rows.isEmpty() ? null : rows.get(0);
    }

    boolean renew(RowKey key, LeaseGrant grant, long leaseMillis) {
        if (jdbc.update(sql.renew, leaseMillis, key.agent(), key.session(), grant.token(), grant.fence()) > 0) {
            return true;
        }
        SessionRow row = read(key); // two renewals in one millisecond: the second changes nothing
        return row != null && row.isOwnedBy(grant);
    }

    boolean release(RowKey key, LeaseGrant grant) {
        if (free(key, sql.release, key.agent(), key.session(), grant.token(), grant.fence())) {
            return true;
        }
        SessionRow row = read(key);
        return row != null && row.owner() == null && row.fence() == grant.fence();
    }

    /** {@return whether the lease was ended and the epoch moved now} */
    boolean releaseCompacted(RowKey key, LeaseGrant grant) {
        String token = grant.token();
        return free(key, sql.releaseCompacted, token, key.agent(), key.session(), token, grant.fence());
    }

    /** {@return whether the last compaction was this token's, so that a repeated question has its answer} */
    boolean wasCompactedBy(RowKey key, String token) {
        SessionRow row = read(key);
        return row != null && token.equals(row.compactedBy());
    }

    void abandon(RowKey key, String token) {
        free(key, sql.abandon, key.agent(), key.session(), token);
    }

    /** Locks a row until the end of the transaction. */
    void lock(RowKey key) {
        while (jdbc.update(sql.lock, key.agent(), key.session()) == 0) {
            create(key);
        }
    }

    /** Creates the row if it is missing, in the transaction if there is one. */
    void create(RowKey key) {
        try {
            jdbc.update(sql.create, key.agent(), key.session());
        } catch (DuplicateKeyException e) {
            // H2: another one was quicker; its transaction has ended.
        }
    }

    /** {@return those whose lease somebody still holds; the others are free} */
    Set<RowKey> held(Collection<RowKey> keys) {
        String marks = "(?, ?), ".repeat(keys.size() - 1) + "(?, ?))";
        Object[] values = keys.stream()
                .flatMap(key -> Stream.of(key.agent(), key.session()))
                .toArray();
        return new HashSet<>(
                jdbc.query(sql.held + marks, (row, number) -> new RowKey(row.getString(1), row.getString(2)), values));
    }

    /** Runs an UPDATE that frees a lease, and tells of it in the same transaction. */
    private boolean free(RowKey key, String update, Object... values) {
        if (sql.channel == null) {
            return jdbc.update(update, values) > 0;
        }
        List<Object> all = new ArrayList<>(List.of(values));
        all.add(sql.channel);
        all.add(key.asText());
        String notifying = "WITH freed AS (" + update + " RETURNING 1) SELECT pg_notify(?, ?) FROM freed";
        return !jdbc.query(notifying, (row, number) -> true, all.toArray()).isEmpty();
    }
}
