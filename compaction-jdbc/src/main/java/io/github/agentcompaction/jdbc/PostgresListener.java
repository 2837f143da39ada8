package io.github.agentcompaction.jdbc;

import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** A connection that hears PostgreSQL's NOTIFY. Used by one thread only. */
final class PostgresListener implements SignalListener {

    private static final System.Logger log = System.getLogger(JdbcStore.class.getName());

    private final DataSource dataSource;
    private final String channel;
    private final Duration timeout;
    private @Nullable Connection connection;
    private @Nullable PGConnection driver;
    private int networkTimeout;
    private boolean unusable;
    private boolean broken;

    /** @param timeout of a statement */
    PostgresListener(DataSource dataSource, String channel, Duration timeout) {
        this.dataSource = dataSource;
        this.channel = channel;
        this.timeout = timeout;
    }

    @Override
    public boolean isOpen() {
        return driver != null;
    }

    @Override
    public boolean open() {
        if (driver != null || unusable) {
            return false;
        }
        try {
            Connection opened = dataSource.getConnection();
            connection = opened;
            if (!opened.isWrapperFor(PGConnection.class)) {
                unusable = true;
                connection = null;
                opened.close();
                return false;
            }
            networkTimeout = Database.limitWaiting(opened, timeout);
            opened.setAutoCommit(true);
            execute(opened, "LISTEN \"" + channel + "\"");
            driver = opened.unwrap(PGConnection.class);
        } catch (SQLException e) {
            fail(e);
            return false;
        }
        boolean again = broken;
        broken = false;
        if (again) {
            log.log(Level.INFO, "The connection that hears of released leases is back.");
        }
        return again;
    }

    @Override
    public List<String> await(int millis) {
        PGConnection open = driver;
        if (open == null) {
            return List.of();
        }
        try {
            List<String> keys = new ArrayList<>();
            for (PGNotification notification : open.getNotifications(millis)) {
                keys.add(notification.getParameter());
            }
            return keys;
        } catch (SQLException e) {
            fail(e);
            return List.of();
        }
    }

    private void fail(SQLException e) {
        if (!broken) {
            // The outage itself is a warning of the calls that fail.
            log.log(
                    Level.INFO,
                    "The connection that hears of released leases is lost (" + Failures.named(e)
                            + "); until it is back, waiting tasks are told by polling.");
        }
        broken = true;
        Connection open = connection;
        driver = null;
        connection = null;
        if (open != null) {
            abandon(open);
        }
    }

    @Override
    public Runnable disconnect() {
        Connection open = connection;
        int before = networkTimeout;
        driver = null;
        connection = null;
        return open == null ? () -> {} : () -> giveBack(open, before);
    }

    private void giveBack(Connection open, int networkTimeoutBefore) {
        try {
            execute(open, "UNLISTEN \"" + channel + "\""); // a pool gives the connection to others
            Database.restoreWaiting(open, networkTimeoutBefore);
            open.close();
        } catch (SQLException e) {
            log.log(Level.DEBUG, "The connection that hears of released leases did not close well", e);
            abandon(open);
        }
    }

    /** Breaks it at once, so that a pool throws it away: what the driver was asked past the pool, the pool has not seen fail. */
    private static void abandon(Connection open) {
        try (open) {
            open.abort(Runnable::run);
        } catch (SQLException e) {
            log.log(Level.DEBUG, "The connection that hears of released leases did not close well", e);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
