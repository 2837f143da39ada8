package io.github.agentcompaction.replicas;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.h2.tools.Server;
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

    private String url() {
        return kind == Kind.H2
                ? "jdbc:h2:tcp://127.0.0.1:" + port + "/./test;DB_CLOSE_DELAY=-1"
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
        return new HashMap<>(Map.of("url", url(), "user", user(), "password", password(), "prefix", run + "_"));
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

    long rows() {
        return jdbc.queryForObject(
                "SELECT COUNT(*) FROM SPRING_AI_CHAT_MEMORY WHERE conversation_id LIKE ?", Long.class, run + "-%");
    }

    @Override
    public void restart() throws Exception {
        if (kind == Kind.H2) {
            jdbc.execute("SHUTDOWN IMMEDIATELY"); // as a crash: what was committed is in the log
            h2.stop();
            startH2();
        } else {
            killConnections(Integer.MAX_VALUE);
        }
    }

    /** Ends connections that look at tables of this test, as an administrator does; returns how many. */
    int killConnections(int atMost) {
        // The statements of the processes name the store's table, or the history's with this test's ids as parameters
        // only:
        // so all connections of the database's user except this one that have touched this run are found by their
        // table.
        List<Long> ids = kind == Kind.POSTGRESQL
                ? jdbc.queryForList(
                        "SELECT pid FROM pg_stat_activity WHERE application_name = ? ORDER BY random()",
                        Long.class,
                        run)
                : List.of();
        int killed = 0;
        for (Long id : ids) {
            if (killed < atMost) {
                jdbc.queryForObject("SELECT pg_terminate_backend(?)", Boolean.class, id.intValue());
                killed++;
            }
        }
        return killed;
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
