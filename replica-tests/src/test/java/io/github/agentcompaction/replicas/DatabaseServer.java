package io.github.agentcompaction.replicas;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.h2.tools.Server;
import org.junit.jupiter.api.Assumptions;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/** A database: H2 behind a TCP server of this process, or the one that an environment variable names. */
final class DatabaseServer implements TestServer {

    static {
        System.setProperty("h2.bindAddress", "127.0.0.1");
    }

    private final Kind kind;
    private final String run = "r" + UUID.randomUUID().toString().substring(0, 8);
    private final int port = TestServer.freePort();
    private final Path directory;
    private final JdbcTemplate jdbc;
    private Server h2;

    DatabaseServer(Kind kind) throws Exception {
        this.kind = kind;
        this.directory = kind == Kind.H2 ? Files.createTempDirectory("replicas-h2") : null;
        startH2();
        this.jdbc = new JdbcTemplate(new DriverManagerDataSource(url(), user(), password()));
        createHistory();
    }

    private void startH2() throws SQLException {
        if (kind == Kind.H2) {
            h2 = Server.createTcpServer("-tcpPort", "" + port, "-baseDir", directory.toString(), "-ifNotExists")
                    .start();
        }
    }

    /** H2 writes at once: by default half a second of commits is lost when it stops, and with it a lease. */
    private String url() {
        return kind == Kind.H2
                ? "jdbc:h2:tcp://127.0.0.1:" + port + "/./test;DB_CLOSE_DELAY=-1;WRITE_DELAY=0"
                : System.getenv(kind.variable + "_URL");
    }

    private String user() {
        return kind == Kind.H2 ? "sa" : System.getenv().getOrDefault(kind.variable + "_USER", "sample");
    }

    private String password() {
        return kind == Kind.H2 ? "" : System.getenv().getOrDefault(kind.variable + "_PASSWORD", "sample");
    }

    /** Spring AI's script; on H2 without the CHECK that fails once the connection that made the table is closed. */
    private void createHistory() throws Exception {
        String script = new ClassPathResource(
                        "schema-" + kind.name().toLowerCase(Locale.ROOT) + ".sql", JdbcChatMemoryRepository.class)
                .getContentAsString(StandardCharsets.UTF_8);
        if (kind == Kind.H2) {
            script = script.replaceAll("CHECK \\(.*\\)\\)", "");
        }
        try (Connection connection = DriverManager.getConnection(url(), user(), password())) {
            new ResourceDatabasePopulator(new ByteArrayResource(script.getBytes(StandardCharsets.UTF_8)))
                    .populate(connection);
        }
    }

    @Override
    public Map<String, String> settings() {
        String idQuery = switch (kind) {
            case POSTGRESQL -> "SELECT pg_backend_pid()";
            case MARIADB -> "SELECT CONNECTION_ID()";
            default -> "SELECT SESSION_ID()";
        };
        return Map.of("url", url(), "user", user(), "password", password(), "prefix", run + "_", "idQuery", idQuery);
    }

    @Override
    public String sessions() {
        return run + "-s";
    }

    @Override
    public List<String> history(String session) {
        return jdbc.queryForList(
                "SELECT content FROM SPRING_AI_CHAT_MEMORY WHERE conversation_id = ? ORDER BY sequence_id",
                String.class,
                session);
    }

    @Override
    public void restart() throws Exception {
        Assumptions.assumeTrue(kind == Kind.H2, "Skipped, for this server is not the test's own to restart");
        jdbc.execute("SHUTDOWN IMMEDIATELY"); // as a crash: what was committed is in the log
        h2.stop();
        startH2();
    }

    /** Ends a connection of a process under test as an administrator does, if it is still there. */
    void killConnection(long id) {
        try {
            if (kind == Kind.POSTGRESQL) {
                jdbc.queryForObject("SELECT pg_terminate_backend(?)", Boolean.class, (int) id);
            } else if (kind == Kind.MARIADB) {
                jdbc.execute("KILL CONNECTION " + id);
            }
        } catch (DataAccessException e) {
            // It has ended.
        }
    }

    @Override
    public void close() throws Exception {
        if (kind == Kind.H2) {
            try {
                jdbc.execute("SHUTDOWN");
            } catch (DataAccessException e) {
                // It is down already, or goes down before it answers.
            }
            h2.stop();
            TestServer.delete(directory);
        } else {
            jdbc.execute("DROP TABLE IF EXISTS " + run + "_session");
            jdbc.update("DELETE FROM SPRING_AI_CHAT_MEMORY WHERE conversation_id LIKE ?", run + "-%");
        }
    }
}
