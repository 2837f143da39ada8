package io.github.agentcompaction.jdbc;

import java.util.List;
import org.springframework.jdbc.core.JdbcOperations;

/** The rows that nobody has used for their time to live, on one connection. Short-lived; not thread-safe. */
final class IdleRows {

    /** So many deletions in a row keep other work on the table waiting for milliseconds only. */
    static final int BATCH = 100;

    private final JdbcOperations jdbc;
    private final Sql sql;

    IdleRows(JdbcOperations jdbc, Sql sql) {
        this.jdbc = jdbc;
        this.sql = sql;
    }

    /**
     * Deletes a batch of an agent's idle rows; one whose lease is held, or whose summary may still be taken, is not idle.
     *
     * @return whether there may be more
     */
    boolean deleteSome(String agent, long ttlMillis) {
        List<String> sessions = jdbc.queryForList(sql.idle, String.class, agent, ttlMillis, ttlMillis, BATCH);
        int deleted = 0;
        for (String session : sessions) {
            // The condition again: the row may have been used in between.
            deleted += jdbc.update(sql.purge, agent, session, ttlMillis, ttlMillis);
        }
        return sessions.size() == BATCH && deleted > 0;
    }
}
