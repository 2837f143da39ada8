package io.github.agentcompaction.springai;

import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/** The conversations in the PostgreSQL database that the sample's tests use, too. */
@EnabledIfEnvironmentVariable(
        named = "SAMPLE_POSTGRES_URL",
        matches = "jdbc:postgresql:.+",
        disabledReason = "no PostgreSQL: set SAMPLE_POSTGRES_URL to the JDBC URL of a database")
class PostgresRepositoryTest extends RepositoryContract {

    private static final PGSimpleDataSource DATABASE = new PGSimpleDataSource();

    @BeforeAll
    static void createTable() {
        Map<String, String> environment = System.getenv();
        DATABASE.setURL(environment.get("SAMPLE_POSTGRES_URL"));
        DATABASE.setUser(environment.getOrDefault("SAMPLE_POSTGRES_USER", "sample"));
        DATABASE.setPassword(environment.getOrDefault("SAMPLE_POSTGRES_PASSWORD", "sample"));
        new ResourceDatabasePopulator(new ClassPathResource("schema-postgresql.sql", JdbcChatMemoryRepository.class))
                .execute(DATABASE);
    }

    @Override
    ChatMemoryRepository repository() {
        return JdbcChatMemoryRepository.builder().dataSource(DATABASE).build();
    }
}
