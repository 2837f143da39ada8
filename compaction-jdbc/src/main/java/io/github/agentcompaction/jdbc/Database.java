package io.github.agentcompaction.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * Runs single statements on connections of its own, each committed at once and limited in time. Joins no transaction, also not
 * one that is bound to the calling thread. Thread-safe.
 */
final class Database {

    private final DataSource dataSource;
    private final Duration timeout;

    /** @param timeout of a statement, in whole seconds */
    Database(DataSource dataSource, Duration timeout) {
        this.dataSource = dataSource;
        this.timeout = timeout;
    }

    /** Runs work on a connection and gives it back; what fails is a DataAccessException. */
    <T extends @Nullable Object> T run(Function<JdbcTemplate, T> work) {
        try (Connection connection = dataSource.getConnection()) {
            return run(connection, work);
        } catch (SQLException e) {
            throw new CannotGetJdbcConnectionException("The JDBC store has got no connection", e);
        }
    }

    private <T extends @Nullable Object> T run(Connection connection, Function<JdbcTemplate, T> work)
            throws SQLException {
        boolean autoCommit = connection.getAutoCommit();
        int networkTimeout = limitWaiting(connection, timeout);
        if (!autoCommit) {
            connection.setAutoCommit(true);
        }
        try {
            JdbcTemplate jdbc = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
            jdbc.setQueryTimeout((int) timeout.toSeconds());
            return work.apply(jdbc);
        } finally {
            restore(connection, autoCommit, networkTimeout);
        }
    }

    /**
     * Has the socket end a wait: a database that does not answer at all does not end a statement in time either.
     *
     * @param timeout of a statement; the socket waits for twice as long
     * @return for {@link #restoreWaiting}
     */
    static int limitWaiting(Connection connection, Duration timeout) throws SQLException {
        try {
            int before = connection.getNetworkTimeout();
            connection.setNetworkTimeout(
                    Runnable::run, (int) timeout.multipliedBy(2).toMillis());
            return before;
        } catch (SQLFeatureNotSupportedException | AbstractMethodError e) {
            return -1;
        }
    }

    private static void restore(Connection connection, boolean autoCommit, int networkTimeout) {
        forgetQueryTimeout(connection);
        try {
            restoreWaiting(connection, networkTimeout);
            if (!autoCommit) {
                connection.setAutoCommit(false);
            }
        } catch (SQLException e) {
            // The connection is broken, and its pool will notice.
        }
    }

    static void restoreWaiting(Connection connection, int networkTimeout) throws SQLException {
        if (networkTimeout >= 0) {
            connection.setNetworkTimeout(Runnable::run, networkTimeout);
        }
    }

    /** On H2 the time limit of a statement stays with its connection, and the application would meet it. */
    static void forgetQueryTimeout(Connection connection) {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(0);
        } catch (SQLException e) {
            // As above.
        }
    }
}
