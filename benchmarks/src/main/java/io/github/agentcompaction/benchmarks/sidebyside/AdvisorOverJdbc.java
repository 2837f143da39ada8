package io.github.agentcompaction.benchmarks.sidebyside;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.jdbc.JdbcAgentStore;
import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** This project's advisor and chat memory over Spring AI's JDBC repository, without and with the JDBC store. */
final class AdvisorOverJdbc implements SharedSystem {

    private final boolean withStore;

    AdvisorOverJdbc(boolean withStore) {
        this.withStore = withStore;
    }

    @Override
    public String name() {
        return "this project over JDBC chat memory, " + (withStore ? "with a store" : "without a store");
    }

    @Override
    public boolean isOurs() {
        return withStore;
    }

    @Override
    public Replica open(
            HikariDataSource database, String session, Ledger ledger, Summarizer summarizer, Timing timing) {
        JdbcTransactionManager transactions = new JdbcTransactionManager(database);
        JdbcChatMemoryRepository repository = JdbcChatMemoryRepository.builder()
                .dataSource(database)
                .transactionManager(transactions)
                .build();
        if (!withStore) {
            return new Opened(
                    database,
                    new ConcurrentChatMemory(repository),
                    SessionCompactionState.builder().build(),
                    null,
                    session,
                    ledger,
                    summarizer,
                    timing);
        }
        JdbcStore store = JdbcStore.builder(database, transactions).build();
        store.initialize();
        JdbcAgentStore agent = store.agent("default");
        return new Opened(
                database,
                new ConcurrentChatMemory(repository, store),
                SessionCompactionState.builder().store(agent).summaries(agent).build(),
                store,
                session,
                ledger,
                summarizer,
                timing);
    }

    /** A session of one of them. */
    private static final class Opened implements Replica {

        private final HikariDataSource database;
        private final ConcurrentChatMemory memory;
        private final @Nullable JdbcStore store;
        private final String session;
        private final Ledger ledger;
        private final ChatClient client;

        Opened(
                HikariDataSource database,
                ConcurrentChatMemory memory,
                SessionCompactionState state,
                @Nullable JdbcStore store,
                String session,
                Ledger ledger,
                Summarizer summarizer,
                Timing timing) {
            ChatModel summaries = prompt -> Replies.of(summarizer.summarize(prompt.getContents()));
            CompactionTemplate template = CompactionTemplate.builder(
                            state,
                            ChatMemoryCompactor.builder(memory, ChatClient.create(summaries))
                                    .build())
                    .build();
            this.database = database;
            this.memory = memory;
            this.store = store;
            this.session = session;
            this.ledger = ledger;
            this.client = ChatClient.builder(Replies.refusing(ledger, timing))
                    .defaultAdvisors(
                            CompactionAdvisor.builder(template, memory).build(),
                            MessageChatMemoryAdvisor.builder(memory).build())
                    .build();
        }

        @Override
        public void create() {
            memory.add(session, Replies.history(ledger));
        }

        @Override
        public boolean run() {
            return client.prompt(ledger.message())
                    .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, session))
                    .call()
                    .chatClientResponse()
                    .context()
                    .containsKey(CompactionAdvisor.SUMMARY);
        }

        @Override
        public void append(String message) {
            memory.add(session, new UserMessage(message));
        }

        /** Counted by the database: replicas that are not coordinated may have multiplied the rows beyond this heap. */
        @Override
        public Map<String, Integer> history() {
            Map<String, Integer> copies = new HashMap<>();
            new JdbcTemplate(database)
                    .query(
                            "SELECT content, count(*) FROM SPRING_AI_CHAT_MEMORY WHERE conversation_id = ? GROUP BY content",
                            row -> {
                                copies.put(row.getString(1), row.getInt(2));
                            },
                            session);
            return copies;
        }

        @Override
        public void close() {
            if (store != null) {
                store.close();
            }
        }
    }
}
