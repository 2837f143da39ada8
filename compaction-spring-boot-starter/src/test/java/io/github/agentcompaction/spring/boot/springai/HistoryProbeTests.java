package io.github.agentcompaction.spring.boot.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.spring.boot.store.JdbcStoreAutoConfiguration;
import io.github.agentcompaction.spring.boot.store.Replicas;
import io.github.agentcompaction.spring.boot.store.TestDatabase;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import io.github.agentcompaction.store.HistoryGuard;
import jakarta.persistence.EntityManagerFactory;
import java.sql.SQLException;
import java.util.Objects;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.PlatformTransactionManager;

/** The start finds out whether the chat memory is written in the transactions of the store. */
class HistoryProbeTests {

    private final TestDatabase database = new TestDatabase();
    private final ApplicationContextRunner runner = Replicas.jdbc(database);

    @AfterEach
    void close() throws SQLException {
        database.close();
    }

    @Test
    void sameDataSource_starts_andNothingIsLeft() {
        runner.run(context -> {
            assertThat(context).hasNotFailed().hasSingleBean(HistoryProbe.class);
            assertThat(new JdbcTemplate(context.getBean(DataSource.class))
                            .queryForObject("SELECT COUNT(*) FROM SPRING_AI_CHAT_MEMORY", Long.class))
                    .isZero();
        });
    }

    @Test
    void anotherDataSource_stopsTheStart() {
        try (TestDatabase other = new TestDatabase()) {
            runner.withBean(
                            "history",
                            JdbcChatMemoryRepository.class,
                            () -> repository(new DriverManagerDataSource(other.url(), "sa", "")))
                    .run(context -> assertRefused(context, "'history'", "JdbcChatMemoryRepository"));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void wrappedDataSource_stopsTheStart() {
        runner.withUserConfiguration(Wrapped.class)
                .run(context -> assertRefused(context, "'history'", "JdbcChatMemoryRepository"));
    }

    /** Spring AI's repository makes a transaction manager of its own, which commits what JPA's has begun. */
    @Test
    void jpa_springAisRepository_stopsTheStart_oneWithJpasManagerStarts() {
        ApplicationContextRunner jpa = runner.withUserConfiguration(Jpa.class);

        jpa.run(context -> assertRefused(context, "'jdbcChatMemoryRepository'", "JpaTransactionManager"));
        jpa.withUserConfiguration(HistoryOfJpa.class)
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(HistoryProbe.class));
    }

    @Test
    void inMemory_stopsTheStart() {
        inMemory().run(context -> assertRefused(context, "'history'", "InMemoryChatMemoryRepository"));
    }

    @Test
    void guardedMemory_whoseRepositoryIsNoBean_stopsTheStart() throws SQLException {
        runner.withBean("model", ChatModel.class, ScriptedModel::new) // or no agent would use the memory
                .withBean(
                        "mine",
                        ChatMemory.class,
                        () -> new ConcurrentChatMemory(new InMemoryChatMemoryRepository(), new AnyGuard()))
                .run(context -> assertRefused(context, "ChatMemory 'mine'", "InMemoryChatMemoryRepository"));
        try (TestDatabase other = new TestDatabase()) {
            runner.withBean(
                            "mine",
                            ChatMemory.class,
                            () -> new ConcurrentChatMemory(
                                    repository(new DriverManagerDataSource(other.url(), "sa", "")), new AnyGuard()))
                    .run(context -> assertRefused(context, "ChatMemory 'mine'", "JdbcChatMemoryRepository"));
        }
    }

    /** Where the application has not added Spring AI's starter for JDBC. */
    @Test
    void springAisOwnInMemory_stopsTheStart() {
        runner.withClassLoader(new FilteredClassLoader(JdbcChatMemoryRepository.class))
                .run(context ->
                        assertRefused(context, "InMemoryChatMemoryRepository", "spring.autoconfigure.exclude="));
    }

    @Test
    void lazyInitialization_stopsTheStart() {
        inMemory()
                .withInitializer(context ->
                        context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
                .run(context -> assertRefused(context, "'history'"));
    }

    @Test
    void missingTable_stopsTheStart() {
        new JdbcTemplate(new DriverManagerDataSource(database.url(), "sa", ""))
                .execute("DROP TABLE SPRING_AI_CHAT_MEMORY");

        runner.withPropertyValues("spring.ai.chat.memory.repository.jdbc.initialize-schema=never")
                .run(context -> {
                    SpringAiSetupException refused = refusal(context);
                    assertThat(refused.description()).contains("could not save", "SPRING_AI_CHAT_MEMORY");
                    assertThat(refused.action()).contains("initialize-schema=always");
                });
    }

    /** Spring AI's auto-configuration is not there, or excluded. */
    @Test
    void noRepository_stopsTheStartWhereTheMemoryIsCompacted() {
        ApplicationContextRunner none = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        DataSourceAutoConfiguration.class,
                        DataSourceTransactionManagerAutoConfiguration.class,
                        CompactionChatMemoryAutoConfiguration.class,
                        JdbcStoreAutoConfiguration.class,
                        HistoryGuardAutoConfiguration.class))
                .withPropertyValues(
                        "spring.application.name=agents",
                        "compaction.store=jdbc",
                        "spring.datasource.url=" + database.url());

        none.run(context -> assertThat(context).hasNotFailed());
        none.withPropertyValues("compaction.spring-ai.default-advisor=planner")
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOf(SpringAiSetupException.class)
                        .hasMessageContaining("There is no ChatMemoryRepository"));
    }

    /** The history is in the sessions then; Spring AI still makes the repository. */
    @Test
    void sessions_repositoryInMemory_starts() {
        runner.withConfiguration(AutoConfigurations.of(
                        CoordinatedSessionServiceAutoConfiguration.class, SessionCompactorAutoConfiguration.class))
                .withClassLoader(new FilteredClassLoader(JdbcChatMemoryRepository.class))
                .withBean(
                        SessionService.class,
                        () -> DefaultSessionService.builder()
                                .sessionRepository(
                                        InMemorySessionRepository.builder().build())
                                .build())
                .run(context -> assertThat(context).hasNotFailed().hasBean(SessionCompactorAutoConfiguration.HISTORY));
    }

    @Test
    void redis_doesNotProbe() {
        Replicas.sharing("none")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(HistoryProbe.class));
    }

    private ApplicationContextRunner inMemory() {
        return runner.withBean(
                "history",
                ChatMemoryRepository.class,
                InMemoryChatMemoryRepository::new,
                definition -> definition.setPrimary(true));
    }

    private static JdbcChatMemoryRepository repository(DataSource dataSource) {
        return JdbcChatMemoryRepository.builder()
                .dataSource(dataSource)
                .transactionManager(new JdbcTransactionManager(dataSource))
                .build();
    }

    private static void assertRefused(AssertableApplicationContext context, String... named) {
        SpringAiSetupException refused = refusal(context);
        assertThat(refused.description() + refused.action())
                .contains(named)
                .contains(
                        "compaction.store=jdbc", "still there after its rollback", ".transactionManager(transactions)");
    }

    private static SpringAiSetupException refusal(AssertableApplicationContext context) {
        Throwable failure = Objects.requireNonNull(context.getStartupFailure(), "it has started");
        assertThat(failure).isInstanceOf(SpringAiSetupException.class);
        return (SpringAiSetupException) failure;
    }

    private static final class AnyGuard implements HistoryGuard {
        @Override
        public <T extends @Nullable Object> T exclusively(String session, Supplier<T> write) {
            return write.get();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Jpa {
        @Bean
        LocalContainerEntityManagerFactoryBean entities(DataSource dataSource) {
            LocalContainerEntityManagerFactoryBean factory = new LocalContainerEntityManagerFactoryBean();
            factory.setDataSource(dataSource);
            factory.setPackagesToScan("io.github.agentcompaction.none");
            factory.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
            return factory;
        }

        @Bean
        JpaTransactionManager transactionManager(EntityManagerFactory entities) {
            return new JpaTransactionManager(entities);
        }
    }

    /** As in docs/replicas.md. */
    @Configuration(proxyBeanMethods = false)
    static class HistoryOfJpa {
        @Bean
        JdbcChatMemoryRepository chatMemoryRepository(DataSource dataSource, PlatformTransactionManager transactions) {
            return JdbcChatMemoryRepository.builder()
                    .dataSource(dataSource)
                    .transactionManager(transactions)
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Wrapped {
        @Bean
        JdbcChatMemoryRepository history(DataSource dataSource) {
            return repository(new DelegatingDataSource(dataSource));
        }
    }
}
