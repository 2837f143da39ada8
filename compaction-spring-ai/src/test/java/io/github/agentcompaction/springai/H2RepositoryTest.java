package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;

import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
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

    /** As README says: there is no column for it. */
    @Test
    void compact_pinnedMessages_areSummarizedBecauseTheTableHasNoMetadata() throws Exception {
        ConcurrentChatMemory memory = new ConcurrentChatMemory(repository());
        memory.add("pinned", Conversation.of("u1! a1 u2"));

        ChatMemoryCompactor.builder(memory, new SummaryModel(question -> "x").client())
                .build()
                .compact("pinned");

        assertThat(Conversation.inShort(memory.get("pinned"))).isEqualTo("summary:x u2");
        memory.clear("pinned");
    }
}
