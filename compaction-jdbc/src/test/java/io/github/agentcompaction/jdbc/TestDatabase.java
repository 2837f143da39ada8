package io.github.agentcompaction.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/** The databases that the tests run on: H2 always, the others where an environment variable names one. */
enum TestDatabase {
    H2("", ""),
    POSTGRESQL("SAMPLE_POSTGRES", "no PostgreSQL: set SAMPLE_POSTGRES_URL to the JDBC URL of a database"),
    MARIADB("SAMPLE_MARIADB", "no MariaDB: set SAMPLE_MARIADB_URL to the JDBC URL of a database");

    private final String variable;
    final String missing;

    TestDatabase(String variable, String missing) {
        this.variable = variable;
        this.missing = missing;
    }

    boolean isThere() {
        return this == H2 || System.getenv(variable + "_URL") != null;
    }

    /** {@return a URL that leads to the same database each time, on H2 for the same name} */
    String url(String name) {
        return this == H2 ? "jdbc:h2:mem:" + name + ";DB_CLOSE_DELAY=-1" : System.getenv(variable + "_URL");
    }

    HikariDataSource pool(String name, String parameters, Consumer<HikariConfig> settings) {
        HikariConfig config = new HikariConfig();
        Map<String, String> environment = System.getenv();
        config.setPoolName(name + "-" + UUID.randomUUID());
        config.setJdbcUrl(url(name) + parameters);
        config.setUsername(this == H2 ? "sa" : environment.getOrDefault(variable + "_USER", "sample"));
        config.setPassword(this == H2 ? "" : environment.getOrDefault(variable + "_PASSWORD", "sample"));
        config.setMaximumPoolSize(10);
        config.setMinimumIdle(1);
        settings.accept(config);
        return new HikariDataSource(config);
    }

    String connectionId() {
        return switch (this) {
            case H2 -> "SELECT SESSION_ID()";
            case POSTGRESQL -> "SELECT pg_backend_pid()";
            case MARIADB -> "SELECT CONNECTION_ID()";
        };
    }
}
