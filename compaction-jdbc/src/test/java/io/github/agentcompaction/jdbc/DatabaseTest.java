package io.github.agentcompaction.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** A store, a history and what else a test needs, once for each database. */
@ParameterizedClass(name = "{0}")
@EnumSource(TestDatabase.class)
abstract class DatabaseTest {

    @Parameter
    TestDatabase database = TestDatabase.H2;

    final String name = "t" + UUID.randomUUID().toString().substring(0, 8);
    final String prefix = name + "_";
    final String conversation = UUID.randomUUID().toString();
    final Deque<AutoCloseable> opened = new ArrayDeque<>();

    HikariDataSource pool;
    JdbcTransactionManager manager;
    JdbcTemplate jdbc;

    @BeforeEach
    void open() throws Exception {
        Assumptions.assumeTrue(database.isThere(), database.missing);
        pool = pool("");
        manager = new JdbcTransactionManager(pool);
        jdbc = new JdbcTemplate(pool);
        createHistory(pool);
    }

    @AfterEach
    void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
        if (database.isThere()) {
            try (HikariDataSource last = database.pool(name, "", c -> {})) {
                new JdbcTemplate(last).execute("DROP TABLE IF EXISTS " + prefix + "session");
            }
        }
    }

    /** Spring AI's script; on H2 without the CHECK that fails once the connection that made the table is closed. */
    private void createHistory(DataSource dataSource) throws IOException {
        String script = new ClassPathResource(
                        "schema-" + database.name().toLowerCase(Locale.ROOT) + ".sql", JdbcChatMemoryRepository.class)
                .getContentAsString(StandardCharsets.UTF_8);
        if (database == TestDatabase.H2) {
            script = script.replaceAll("CHECK \\(.*\\)\\)", "");
        }
        new ResourceDatabasePopulator(new ByteArrayResource(script.getBytes(StandardCharsets.UTF_8)))
                .execute(dataSource);
    }

    HikariDataSource pool(String parameters) {
        return opened(database.pool(name, parameters, config -> {}));
    }

    <T extends AutoCloseable> T opened(T resource) {
        opened.push(resource);
        return resource;
    }

    JdbcStore store() {
        return store(pool, manager);
    }

    JdbcStore store(DataSource dataSource, PlatformTransactionManager manager) {
        return store(dataSource, manager, builder -> builder);
    }

    /** A replica of its own. */
    JdbcStore store(
            DataSource dataSource, PlatformTransactionManager manager, UnaryOperator<JdbcStore.Builder> settings) {
        JdbcStore store =
                opened(settings.apply(JdbcStore.builder(dataSource, manager).tablePrefix(prefix))
                        .build());
        store.initialize();
        return store;
    }

    ChatMemoryRepository history() {
        return history(pool, manager);
    }

    static ChatMemoryRepository history(DataSource dataSource, PlatformTransactionManager manager) {
        return JdbcChatMemoryRepository.builder()
                .dataSource(dataSource)
                .transactionManager(manager)
                .build();
    }

    static List<Message> messages(String... texts) {
        return List.of(texts).stream().<Message>map(UserMessage::new).toList();
    }

    List<String> texts() {
        return history().findByConversationId(conversation).stream()
                .map(Message::getText)
                .toList();
    }

    TransactionTemplate transaction(int isolation) {
        return transaction(manager, isolation);
    }

    static TransactionTemplate transaction(PlatformTransactionManager manager, int isolation) {
        TransactionTemplate template = new TransactionTemplate(manager);
        template.setIsolationLevel(isolation);
        return template;
    }

    TransactionTemplate readCommitted() {
        return transaction(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    static LeaseGrant acquired(JdbcAgentStore agent, String session, String token) throws Exception {
        return get(agent.tryAcquire(session, token)).grant().orElseThrow();
    }

    static boolean isBusy(LeaseAttempt attempt) {
        return attempt.grant().isEmpty();
    }

    /** Lets a lease run out, without waiting for it. */
    void expire(String session) {
        jdbc.update("UPDATE " + prefix + "session SET expires_at = 1 WHERE session_id = ?", session);
    }

    /** Ends the idle connections of a pool at the database, so that it hands out dead ones. */
    void killIdle(HikariDataSource victim) throws SQLException {
        List<Connection> connections = new ArrayList<>();
        List<Long> ids = new ArrayList<>();
        for (int i = victim.getHikariPoolMXBean().getIdleConnections(); i > 0; i--) {
            Connection connection = victim.getConnection();
            connections.add(connection);
            ids.add(connectionId(connection));
        }
        for (Connection connection : connections) {
            connection.close();
        }
        try (HikariDataSource other = database.pool(name, "", c -> {})) {
            ids.forEach(id -> kill(new JdbcTemplate(other), id));
        }
    }

    long connectionId(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(database.connectionId())) {
            row.next();
            return row.getLong(1);
        }
    }

    void kill(JdbcTemplate killer, long connectionId) {
        if (database == TestDatabase.POSTGRESQL) {
            killer.queryForObject("SELECT pg_terminate_backend(?)", Boolean.class, (int) connectionId);
        } else if (database == TestDatabase.MARIADB) {
            killer.execute("KILL CONNECTION " + connectionId);
        }
    }
}
