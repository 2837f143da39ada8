package io.github.agentcompaction.replicas;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Opens connections, and tells the checker how the database names them, so that a test can end them there. */
final class ReportedConnections extends DriverManagerDataSource {

    private final Reports reports;
    private final String idQuery;

    ReportedConnections(Map<String, String> settings, Reports reports) {
        super(settings.get("url"), settings.get("user"), settings.get("password"));
        this.reports = reports;
        this.idQuery = settings.get("idQuery");
    }

    @Override
    protected Connection getConnectionFromDriver(String username, String password) throws SQLException {
        Connection connection = super.getConnectionFromDriver(username, password);
        try (Statement statement = connection.createStatement();
                ResultSet id = statement.executeQuery(idQuery)) {
            id.next();
            reports.tellLater("connection", "" + id.getLong(1));
        }
        return connection;
    }
}
