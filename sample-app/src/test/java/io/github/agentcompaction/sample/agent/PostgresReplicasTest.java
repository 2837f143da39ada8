package io.github.agentcompaction.sample.agent;

import io.github.agentcompaction.sample.OnPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;

/** Two processes of the sample, on PostgreSQL. */
@OnPostgres
class PostgresReplicasTest extends ReplicasTest {

    private final String schema = "replicas_" + UUID.randomUUID().toString().replace('-', '_');

    @Override
    List<String> settings() {
        return List.of("--spring.profiles.active=postgres");
    }

    @Override
    String createDatabase() throws SQLException {
        execute("CREATE SCHEMA " + schema);
        return server() + (server().contains("?") ? "&" : "?") + "currentSchema=" + schema;
    }

    @Override
    void dropDatabase() throws SQLException {
        execute("DROP SCHEMA " + schema + " CASCADE");
    }

    @Override
    String user() {
        return System.getenv().getOrDefault("SAMPLE_POSTGRES_USER", "sample");
    }

    @Override
    String password() {
        return System.getenv().getOrDefault("SAMPLE_POSTGRES_PASSWORD", "sample");
    }

    private static String server() {
        return System.getenv("SAMPLE_POSTGRES_URL");
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server(), user(), password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
