package io.github.agentcompaction.jdbc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import javax.sql.DataSource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/** Creates the store's table from the script of its database. */
final class Schema {

    private final DataSource dataSource;
    private final String prefix;

    Schema(DataSource dataSource, String prefix) {
        this.dataSource = dataSource;
        this.prefix = prefix;
    }

    void createIfMissing() {
        Platform platform = Tables.platform(new JdbcTemplate(dataSource));
        String script = read(platform).replace("@@prefix@@", prefix);
        ResourceDatabasePopulator populator =
                new ResourceDatabasePopulator(new ByteArrayResource(script.getBytes(StandardCharsets.UTF_8)));
        try {
            populator.execute(dataSource);
        } catch (DataAccessException e) {
            populator.execute(dataSource); // PostgreSQL fails where another replica creates it at the same moment
        }
    }

    boolean isEmbedded() {
        String url = new JdbcTemplate(dataSource)
                .execute((Connection connection) -> connection.getMetaData().getURL());
        return url != null && url.startsWith("jdbc:h2:mem:");
    }

    private static String read(Platform platform) {
        try {
            return new ClassPathResource(platform.schema(), Schema.class).getContentAsString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("The script " + platform.schema() + " is missing in the jar", e);
        }
    }
}
