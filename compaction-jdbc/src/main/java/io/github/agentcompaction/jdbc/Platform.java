package io.github.agentcompaction.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;

/** A database that the store knows, and what it spells in its own way. */
enum Platform {
    H2("CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)", ""),
    POSTGRESQL("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)", " ON CONFLICT DO NOTHING"),
    MYSQL(Platform.MYSQL_NOW, Platform.MYSQL_IF_MISSING),
    MARIADB(Platform.MYSQL_NOW, Platform.MYSQL_IF_MISSING);

    /** In UTC: UNIX_TIMESTAMP(NOW()) repeats an hour when summer time ends. */
    private static final String MYSQL_NOW = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000)";

    /** Locks an existing row exclusively, where INSERT IGNORE shares the lock and two that then update it are a deadlock. */
    private static final String MYSQL_IF_MISSING = " ON DUPLICATE KEY UPDATE version = version";

    /** The database's clock in milliseconds since 1970, never the session's time zone or the JVM's clock. */
    final String now;

    /** Follows an INSERT so that an existing row is no error; on H2 it is one, and ends no transaction. */
    final String ifMissing;

    Platform(String now, String ifMissing) {
        this.now = now;
        this.ifMissing = ifMissing;
    }

    /** {@return the script that creates the table} MariaDB runs MySQL's. */
    String schema() {
        Platform writtenFor = this == MARIADB ? MYSQL : this;
        return "schema-" + writtenFor.name().toLowerCase(Locale.ROOT) + ".sql";
    }

    static Platform of(Connection connection) throws SQLException {
        String product = connection.getMetaData().getDatabaseProductName();
        return switch (product) {
            case "H2" -> H2;
            case "PostgreSQL" -> POSTGRESQL;
            case "MySQL" -> MYSQL;
            case "MariaDB" -> MARIADB;
            default ->
                throw new UnsupportedOperationException("The JDBC store does not know the database '" + product
                        + "'. Use H2, PostgreSQL, MySQL or MariaDB, or another store.");
        };
    }
}
