package io.github.agentcompaction.benchmarks.sidebyside;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.jdbc.JdbcSessionRepository;
import org.springframework.ai.session.jdbc.PostgresJdbcSessionRepositoryDialect;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** spring-ai-session with its JDBC repository, alone or with this project's decorator over the JDBC store. */
final class SessionsOverJdbc implements SharedSystem {

    private final boolean decorated;

    SessionsOverJdbc(boolean decorated) {
        this.decorated = decorated;
    }

    @Override
    public String name() {
        return SpringAiSession.name(decorated);
    }

    @Override
    public boolean isOurs() {
        return decorated;
    }

    @Override
    public Replica open(
            HikariDataSource database, String session, Ledger ledger, Summarizer summarizer, Timing timing) {
        JdbcTransactionManager transactions = new JdbcTransactionManager(database);
        SessionRepository repository = JdbcSessionRepository.builder()
                .dataSource(database)
                .transactionManager(transactions)
                .dialect(new PostgresJdbcSessionRepositoryDialect())
                .build();
        SessionService plain =
                DefaultSessionService.builder().sessionRepository(repository).build();
        JdbcStore store = decorated ? JdbcStore.builder(database, transactions).build() : null;
        SessionService service = store == null ? plain : coordinated(plain, repository, store);
        CompactionStrategy strategy = SpringAiSession.strategy(summarizer);
        return new Opened(service, store, session, ledger) {
            @Override
            public boolean run() {
                return !service.compact(session, SpringAiSession.TRIGGER, strategy)
                        .archivedEvents()
                        .isEmpty();
            }
        };
    }

    private static SessionService coordinated(SessionService plain, SessionRepository repository, JdbcStore store) {
        store.initialize();
        return new CoordinatedSessionService(
                plain,
                repository,
                SessionCompactionState.builder().store(store.agent("default")).build());
    }

    /** All but the tasks. */
    private abstract static class Opened implements Replica {

        private final SessionService service;
        private final @Nullable JdbcStore store;
        private final String session;
        private final Ledger ledger;

        Opened(SessionService service, @Nullable JdbcStore store, String session, Ledger ledger) {
            this.service = service;
            this.store = store;
            this.session = session;
            this.ledger = ledger;
        }

        @Override
        public void create() {
            SpringAiSession.create(service, session, ledger);
        }

        @Override
        public void append(String message) {
            service.appendMessage(session, new UserMessage(message));
        }

        @Override
        public Map<String, Integer> history() {
            return Replies.texts(service.getMessages(session)).stream()
                    .collect(Collectors.toMap(text -> text, text -> 1, Integer::sum));
        }

        @Override
        public void close() {
            if (store != null) {
                store.close();
            }
        }
    }
}
