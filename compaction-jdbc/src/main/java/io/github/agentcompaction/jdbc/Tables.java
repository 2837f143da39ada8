package io.github.agentcompaction.jdbc;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcOperations;

/** Opens the table on a connection, and asks the first one which database it leads to. Thread-safe. */
final class Tables {

    private final String prefix;
    private final @Nullable String channel;
    private volatile @Nullable Sql sql;

    /** @param channel where PostgreSQL tells of leases that come free, or null if it should not */
    Tables(String prefix, @Nullable String channel) {
        this.prefix = prefix;
        this.channel = channel;
    }

    /** @throws UnsupportedOperationException if the database is none that the store knows */
    SessionTable on(JdbcOperations jdbc) {
        return new SessionTable(jdbc, sql(jdbc));
    }

    private Sql sql(JdbcOperations jdbc) {
        Sql known = sql;
        if (known == null) {
            Platform platform = platform(jdbc);
            known = new Sql(platform, prefix + "session", platform == Platform.POSTGRESQL ? channel : null);
            sql = known; // not in the constructor: a service starts while its database is down
        }
        return known;
    }

    static Platform platform(JdbcOperations jdbc) {
        Platform platform = jdbc.execute((ConnectionCallback<Platform>) Platform::of);
        if (platform == null) {
            throw new IllegalStateException("The connection does not tell its database's product name");
        }
        return platform;
    }
}
