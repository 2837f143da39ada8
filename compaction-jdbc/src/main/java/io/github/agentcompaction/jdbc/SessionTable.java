package io.github.agentcompaction.jdbc;

import io.github.agentcompaction.store.LeaseGrant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcOperations;

/** The leases' side of the table, on one connection or in one transaction. Short-lived; not thread-safe. */
final class SessionTable {

    /** Others may delete a row or release a lease between two statements, but not each time. */
    static final int TRIES = 10;

    /** For so long a question for a lease tries to lock a row, on a database that does not wait for the lock by itself. */
    private static final long LOCKED_NANOS = 90_000_000; // 90 ms: after PostgreSQL's own 100 ms there is no second try

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
     * @return the row; the lease is granted if its owner is the token, and if nobody holds it the row is locked
     */
    SessionRow acquire(RowKey key, String token, long leaseMillis) {
        SessionRow row = null;
        long start = System.nanoTime();
        for (int i = 0; i < TRIES; i++) {
            boolean locked = false;
            try {
                row = tryToAcquire(key, token, leaseMillis);
                if (row != null) {
                    return row;
                }
            } catch (DataAccessException e) {
                if (!Failures.isRowLocked(e)) {
                    throw e;
                }
                locked = true; // by another transaction, most likely a commit; reading waits for no lock
            }
            row = read(key);
            if (row == null) {
                create(key);
            } else if (row.isHeld()
                    || token.equals(row.owner())
                    || locked && System.nanoTime() - start > LOCKED_NANOS) {
                return row;
            } else if (locked) {
                LockSupport.parkNanos(LOCKED_NANOS / TRIES);
            } // else released between the two statements
        }
        if (row == null) {
            throw unsteady();
        }
        return row;
    }

    /** {@return the row if the lease is granted and the database can tell at once} */
    private @Nullable SessionRow tryToAcquire(RowKey key, String token, long leaseMillis) {
        Object[] values = {token, token, leaseMillis, key.agent(), key.session(), token};
        if (sql.acquireAndRead == null) {
            jdbc.update(sql.acquire, values);
            return null;
        }
        List<SessionRow> granted = jdbc.query(sql.acquireAndRead, SessionRow::of, values);
        return granted.isEmpty() ? null : granted.get(0);
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
        for (int i = 0; i < TRIES; i++) {
            if (jdbc.update(sql.lock, key.agent(), key.session()) > 0) {
                return;
            }
            create(key);
        }
        throw unsteady();
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

    static IllegalStateException unsteady() {
        return new IllegalStateException(
                "A row that was just written is not found, " + TRIES + " times in a row. Give the JDBC "
                        + "store a DataSource that asks the primary only, not one that sends reads to a replica.");
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
