package io.github.agentcompaction.springai;

import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/** The conversations in H2. */
class H2RepositoryTest extends RepositoryContract {

    private static final JdbcConnectionPool DATABASE =
            JdbcConnectionPool.create("jdbc:h2:mem:chat-memory;DB_CLOSE_DELAY=-1", "sa", "");

    @BeforeAll
    static void createTable() {
        new ResourceDatabasePopulator(new ClassPathResource("schema-h2.sql", JdbcChatMemoryRepository.class))
                .execute(DATABASE);
    }

    @AfterAll
    static void close() {
        DATABASE.dispose();
    }

    @Override
    ChatMemoryRepository repository() {
        return JdbcChatMemoryRepository.builder().dataSource(DATABASE).build();
    }
}
