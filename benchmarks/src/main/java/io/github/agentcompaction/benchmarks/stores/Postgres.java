package io.github.agentcompaction.benchmarks.stores;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.util.UUID;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/** The PostgreSQL that the environment names, with a schema of its own, which is dropped at the end. */
public final class Postgres implements AutoCloseable {

    /** What to say where it is not named. */
    public static final String MISSING =
            "No PostgreSQL: set SAMPLE_POSTGRES_URL to the JDBC URL of a database, and SAMPLE_POSTGRES_USER and "
                    + "SAMPLE_POSTGRES_PASSWORD if they are not 'sample'. '. .ci/postgres' in bash starts one.";

    private static final String VARIABLE = "SAMPLE_POSTGRES_";

    /** Boot's default. */
    private static final int CONNECTIONS = 10;

    private final String schema = "benchmarks_" + UUID.randomUUID().toString().replace('-', '_');

    /** Creates the schema. */
    public Postgres() {
        run("CREATE SCHEMA " + schema);
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    }

    /** {@return whether the environment names one} */
    public static boolean isThere() {
        return System.getenv(VARIABLE + "URL") != null;
    }

    /** {@return the schema's name, for {@link #pool} in another process} */
    public String schema() {
        return schema;
    }

    /** {@return connections to a schema} */
    public static HikariDataSource pool(String schema) {
        HikariConfig config = config();
        config.setSchema(schema);
        return new HikariDataSource(config);
    }

    /** Runs scripts of the class path. */
    public static void create(HikariDataSource pool, String... scripts) {
        ResourceDatabasePopulator populator = new ResourceDatabasePopulator();
        for (String script : scripts) {
            populator.addScript(new ClassPathResource(script));
        }
        populator.execute(pool);
    }

    private static HikariConfig config() {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(System.getenv(VARIABLE + "URL"));
        config.setUsername(System.getenv().getOrDefault(VARIABLE + "USER", "sample"));
        config.setPassword(System.getenv().getOrDefault(VARIABLE + "PASSWORD", "sample"));
        config.setMaximumPoolSize(CONNECTIONS);
        return config;
    }

    private static void run(String statement) {
        HikariConfig config = config();
        config.setMaximumPoolSize(1);
        try (HikariDataSource one = new HikariDataSource(config)) {
            new JdbcTemplate(one).execute(statement);
        }
    }

    @Override
    public void close() {
        run("DROP SCHEMA IF EXISTS " + schema + " CASCADE");
    }
}
