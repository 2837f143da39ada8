package io.github.agentcompaction.spring.boot.store;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.UUID;
import org.h2.Driver;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.datasource.init.ScriptUtils;

/**
 * A database in memory that outlives the contexts that use it. It makes the chat memory's table itself: H2 refuses every insert
 * once the connection that made that table, with its CHECK, is closed.
 */
public final class TestDatabase implements AutoCloseable {

    static {
        Driver.load(); // the test that was first to ask for drivers may have had a class loader without H2
    }

    private final String name = "mem:" + UUID.randomUUID();
    private final Connection connection;

    public TestDatabase() {
        try {
            connection = DriverManager.getConnection(url(), "sa", "");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        ScriptUtils.executeSqlScript(
                connection, new ClassPathResource("org/springframework/ai/chat/memory/repository/jdbc/schema-h2.sql"));
    }

    public String url() {
        return "jdbc:h2:" + name;
    }

    /** {@return the address of the same database by way of a server, which the test starts} */
    String urlAt(int port) {
        return "jdbc:h2:tcp://127.0.0.1:" + port + "/" + name;
    }

    JdbcTemplate jdbc() {
        return new JdbcTemplate(new SingleConnectionDataSource(connection, true));
    }

    boolean hasTable(String table) {
        return Boolean.TRUE.equals(jdbc().queryForObject(
                        "SELECT COUNT(*) > 0 FROM INFORMATION_SCHEMA.TABLES WHERE UPPER(TABLE_NAME) = UPPER(?)",
                        Boolean.class,
                        table));
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
