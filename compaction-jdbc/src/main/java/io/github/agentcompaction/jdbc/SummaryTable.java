package io.github.agentcompaction.jdbc;

import io.github.agentcompaction.store.StoredSummary;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.JdbcOperations;

/** The summaries' side of the table, on one connection or in one transaction. Short-lived; not thread-safe. */
final class SummaryTable {

    private final JdbcOperations jdbc;
    private final Sql sql;
    private final SessionTable sessions;

    SummaryTable(JdbcOperations jdbc, Sql sql, SessionTable sessions) {
        this.jdbc = jdbc;
        this.sql = sql;
        this.sessions = sessions;
    }

    void put(RowKey key, String summary) {
        String text = summary.replace('\0', '\uFFFD'); // PostgreSQL's text holds every character but this
        for (int i = 0; i < SessionTable.TRIES; i++) {
            // A driver that counts changed rows only counts an equal text of the same millisecond as none.
            if (jdbc.update(sql.put, text, key.agent(), key.session()) > 0 || sessions.read(key) != null) {
                return;
            }
            sessions.create(key);
        }
        throw SessionTable.unsteady();
    }

    Optional<StoredSummary> peek(RowKey key, long ttlMillis) {
        List<StoredSummary> found = jdbc.query(
                sql.peek,
                (row, number) -> new StoredSummary(row.getString(1), Duration.ofMillis(Math.max(0, row.getLong(2)))),
                key.agent(),
                key.session(),
                ttlMillis);
        return found.stream().findFirst();
    }

    /** {@return whether {@link #take} would find a text, which is asked without a lock} */
    boolean mayTake(RowKey key, String takeId, long ttlMillis) {
        return !jdbc.query(sql.mayTake, (row, number) -> true, key.agent(), key.session(), takeId, ttlMillis)
                .isEmpty();
    }

    /** The text stays until it is overwritten or the row goes, so that its taker may ask again or give it back. */
    Optional<String> take(RowKey key, String takeId, long ttlMillis) {
        jdbc.update(sql.take, takeId, key.agent(), key.session(), ttlMillis);
        return jdbc.query(sql.taken, (row, number) -> row.getString(1), key.agent(), key.session(), takeId).stream()
                .findFirst();
    }

    boolean giveBack(RowKey key, String takeId) {
        return jdbc.update(sql.giveBack, key.agent(), key.session(), takeId) > 0;
    }

    boolean discard(RowKey key, long ttlMillis) {
        return jdbc.update(sql.discard, key.agent(), key.session(), ttlMillis) > 0;
    }
}
