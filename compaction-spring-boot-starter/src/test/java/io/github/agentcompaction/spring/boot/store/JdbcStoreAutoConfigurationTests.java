package io.github.agentcompaction.spring.boot.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.jdbc.JdbcAgentStore;
import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStateCustomizer;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

@ExtendWith(OutputCaptureExtension.class)
class JdbcStoreAutoConfigurationTests {

    private final TestDatabase database = new TestDatabase();
    private final ApplicationContextRunner runner = Replicas.jdbc(database);

    @TempDir
    Path folder;

    @AfterEach
    void close() throws SQLException {
        database.close();
    }

    @Test
    void store_isThatOfTheAgents_andItsTableIsMade() {
        runner.run(context -> {
            assertThat(context).hasSingleBean(JdbcStore.class).hasSingleBean(ConcurrentChatMemory.class);
            assertThat(Replicas.state(context).store()).containsInstanceOf(JdbcAgentStore.class);
            assertThat(database.hasTable("compaction_session")).isTrue();
            Replicas.add(context, "c", "hello");
            assertThat(database.jdbc().queryForList("SELECT session_id FROM compaction_session", String.class))
                    .containsExactly("c");
        });
    }

    @Test
    void noStore_noneOfIt() {
        runner.withPropertyValues("compaction.store=none").run(context -> {
            assertThat(context).hasNotFailed().doesNotHaveBean(JdbcStore.class);
            assertThat(Replicas.state(context).store()).isEmpty();
            assertThat(database.hasTable("compaction_session")).isFalse();
        });
    }

    // The table.

    @Test
    void never_missingTable_stopsTheStart() {
        runner.withPropertyValues("compaction.jdbc.initialize-schema=never")
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith("compaction.jdbc.initialize-schema=never: ")
                        .contains("the table compaction_session.", "always", "schema-<database>.sql", "table-prefix"));
    }

    @Test
    void never_tableThatIsThere_isUsed() {
        runner.run(context -> assertThat(context).hasNotFailed());
        runner.withPropertyValues("compaction.jdbc.initialize-schema=never")
                .run(context -> assertThat(context).hasNotFailed());
    }

    /** By Flyway, Liquibase or a script, which must not find one of ours there before. */
    @ParameterizedTest
    @ValueSource(strings = {"never", "always"})
    void tableThatAMigrationMakes_isWaitedFor(String initializeSchema) throws Exception {
        String script = new ClassPathResource("io/github/agentcompaction/jdbc/schema-h2.sql")
                .getContentAsString(java.nio.charset.StandardCharsets.UTF_8);
        Path migration = Files.writeString(
                folder.resolve("schema.sql"),
                script.replace("@@prefix@@", "compaction_").replace("IF NOT EXISTS ", ""));

        // Without a chat memory, which would have the migration run before.
        runner.withClassLoader(new FilteredClassLoader(ConcurrentChatMemory.class, JdbcChatMemoryRepository.class))
                .withPropertyValues(
                        "compaction.jdbc.initialize-schema=" + initializeSchema,
                        "spring.sql.init.schema-locations=" + migration.toUri())
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(JdbcStore.class));
    }

    @Test
    void otherThanEmbedded_isMadeOnRequest() {
        ApplicationContextRunner inAFile = runner.withPropertyValues(
                "spring.datasource.url=jdbc:h2:file:" + folder.resolve("agents"),
                "spring.ai.chat.memory.repository.jdbc.initialize-schema=always");

        inAFile.run(context ->
                assertThat(Replicas.refusal(context)).startsWith("compaction.jdbc.initialize-schema=embedded: "));
        inAFile.withPropertyValues("compaction.jdbc.initialize-schema=always")
                .run(context -> assertThat(context).hasNotFailed());
        inAFile.run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void tablePrefix_isUsed_alsoWithASchema() {
        database.jdbc().execute("CREATE SCHEMA agents");
        for (String prefix : new String[] {"my_", "agents.other_"}) {
            runner.withPropertyValues("compaction.jdbc.table-prefix=" + prefix).run(context -> {
                assertThat(context).hasNotFailed();
                assertThat(database.jdbc().queryForObject("SELECT COUNT(*) FROM " + prefix + "session", Long.class))
                        .isNotNegative();
            });
        }
        assertThat(database.hasTable("compaction_session")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "1_", "x;DROP TABLE y", "a.b.c_"})
    void tablePrefix_thatIsNone_stopsTheStart(String prefix) {
        runner.withPropertyValues("compaction.jdbc.table-prefix=" + prefix)
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith("compaction.jdbc.table-prefix=" + prefix + ": ")
                        .contains("letters, digits and underscores"));
    }

    @Test
    void tablePrefix_ofAnUnknownSchema_stopsTheStart() {
        runner.withPropertyValues("compaction.jdbc.table-prefix=nowhere.compaction_")
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith("compaction.jdbc.initialize-schema=embedded: ")
                        .contains("nowhere.compaction_session", "NOWHERE", "Correct compaction.jdbc.table-prefix"));
    }

    @Test
    void oldTable_stopsTheStart() {
        database.jdbc().execute("CREATE TABLE compaction_session (agent VARCHAR(9), session_id VARCHAR(9))");

        runner.run(context -> assertThat(Replicas.refusal(context)).contains("not the one of this version"));
    }

    // Settings.

    @ParameterizedTest
    @CsvSource({
        "compaction.lease=1s, compaction.lease=PT1S, 2 seconds",
        "compaction.ttl=500ms, compaction.ttl=PT0.5S, second",
        "compaction.agents.planner.ttl=500ms, compaction.agents.planner.ttl=PT0.5S, second"
    })
    void tooShort_stopsTheStart(String setting, String named, String rule) {
        runner.withPropertyValues(setting)
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith(named + ": ")
                        .contains(rule));
    }

    @Test
    void noName_stopsTheStart_aNamespaceDoes() {
        ApplicationContextRunner unnamed = runner.withPropertyValues("spring.application.name=");

        unnamed.run(context -> assertThat(Replicas.refusal(context))
                .startsWith("compaction.store=jdbc: ")
                .contains("spring.application.name or compaction.namespace"));
        unnamed.withPropertyValues("compaction.namespace=agents")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void replica_longerThanAllowed_stopsTheStart_anEmptyOneIsNotSet() {
        runner.withPropertyValues("compaction.replica=" + "x".repeat(101))
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith("compaction.replica=xxx")
                        .contains("100 characters"));
        runner.withPropertyValues("compaction.replica=").run(context -> {
            try (var lease = Replicas.state(context).getLock("s").acquire()) {
                assertThat(holder(context)).startsWith(ProcessHandle.current().pid() + "@");
            }
        });
    }

    private static String holder(org.springframework.context.ApplicationContext context) {
        return Replicas.state(context)
                .store()
                .orElseThrow()
                .inspect("s")
                .toCompletableFuture()
                .join()
                .replica()
                .orElse("nobody");
    }

    @Test
    void customizer_mayReplaceTheStore() {
        runner.withBean(
                        CompactionStateCustomizer.class,
                        () -> (agent, builder) ->
                                builder.store(OtherStore.INSTANCE).replica("mine"))
                .run(context -> assertThat(Replicas.state(context).store()).containsSame(OtherStore.INSTANCE));
    }

    @Test
    void ownState_hasNoStore() {
        SessionCompactionState own =
                SessionCompactionState.builder().agent("planner").build();
        runner.withBean("planner", SessionCompactionState.class, () -> own)
                .run(context -> assertThat(Replicas.state(context).store()).isEmpty());
    }

    @Test
    void switchedOff_agentsHaveNoStore_butTheMemoryIsGuarded() {
        runner.withPropertyValues("compaction.enabled=false").run(context -> {
            assertThat(Replicas.state(context).store()).isEmpty();
            Replicas.add(context, "c", "hello");
            assertThat(database.jdbc().queryForList("SELECT session_id FROM compaction_session", String.class))
                    .containsExactly("c");
        });
    }

    @Test
    void virtualThreads_start() {
        runner.withPropertyValues("spring.threads.virtual.enabled=true").run(context -> {
            try (var lease = Replicas.state(context).getLock("s").acquire()) {
                assertThat(holder(context)).isNotEqualTo("nobody");
            }
        });
    }

    @Test
    void lazyInitialization_stillChecks() {
        ApplicationContextRunner lazy = runner.withInitializer(
                context -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()));

        lazy.run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(database.hasTable("compaction_session")).isTrue();
        });
        lazy.withPropertyValues("compaction.jdbc.initialize-schema=never", "compaction.jdbc.table-prefix=other_")
                .run(context -> assertThat(Replicas.refusal(context)).contains("other_session"));
        lazy.withClassLoader(new FilteredClassLoader(JdbcStore.class))
                .run(context -> assertThat(Replicas.refusal(context)).contains("compaction-jdbc"));
    }

    // Beans.

    @Test
    void severalDataSources_thePrimaryOne() {
        several(Primaries.class)
                .run(context ->
                        assertThat(database.hasTable("compaction_session")).isTrue());
    }

    @Test
    void severalDataSources_theOneWithTheQualifier() {
        several(Qualified.class).run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(database.hasTable("compaction_session")).isTrue();
        });
    }

    @Test
    void severalDataSources_neither_stopsTheStart() {
        several(Two.class)
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith("compaction.store=jdbc: ")
                        .contains("several beans of type javax.sql.DataSource", "@Qualifier(\"compaction\")"));
    }

    @Test
    void severalTransactionManagers_stopTheStart() {
        several(TwoManagers.class)
                .run(context -> assertThat(Replicas.refusal(context))
                        .contains("several beans of type org.springframework.transaction.PlatformTransactionManager"));
    }

    @Test
    void noDataSource_stopsTheStart() {
        Replicas.sharing("jdbc")
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith("compaction.store=jdbc: ")
                        .contains("no bean of type javax.sql.DataSource", "spring.datasource.url"));
    }

    @Test
    void noTransactionManager_stopsTheStart() {
        several(OnlyDataSource.class)
                .run(context -> assertThat(Replicas.refusal(context))
                        .contains(
                                "no bean of type org.springframework.transaction.PlatformTransactionManager",
                                "spring-boot-starter-jdbc"));
    }

    @Test
    void transactionManagerOfAnotherDataSource_stopsTheStart() {
        several(ManagerOfTheOther.class)
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith("compaction.store=jdbc: ")
                        .contains("JdbcTransactionManager", "DriverManagerDataSource", "the same transaction manager"));
    }

    /** Beans of the test's own, without Spring Boot's DataSource. */
    private ApplicationContextRunner several(Class<?> configuration) {
        return Replicas.sharing("jdbc")
                .withBean(TestDatabase.class, () -> database, definition -> definition.setDestroyMethodName(""))
                .withClassLoader(new FilteredClassLoader(ConcurrentChatMemory.class))
                .withUserConfiguration(configuration);
    }

    @Configuration(proxyBeanMethods = false)
    static class OnlyDataSource {
        @Bean
        DataSource history(TestDatabase database) {
            return new DriverManagerDataSource(database.url(), "sa", "");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Two extends OnlyDataSource {
        @Bean
        DataSource other() {
            return new DriverManagerDataSource("jdbc:h2:mem:other");
        }

        @Bean
        PlatformTransactionManager transactionManager(@Qualifier("history") DataSource history) {
            return new JdbcTransactionManager(history);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Primaries {
        @Bean
        @Primary
        DataSource history(TestDatabase database) {
            return new DriverManagerDataSource(database.url(), "sa", "");
        }

        @Bean
        DataSource other() {
            return new DriverManagerDataSource("jdbc:h2:mem:other");
        }

        @Bean
        @Primary
        PlatformTransactionManager historyTransactions(DataSource history) {
            return new JdbcTransactionManager(history);
        }

        @Bean
        PlatformTransactionManager otherTransactions(@Qualifier("other") DataSource other) {
            return new JdbcTransactionManager(other);
        }
    }

    /** Against the primary ones. */
    @Configuration(proxyBeanMethods = false)
    static class Qualified {
        @Bean
        @Qualifier("compaction")
        DataSource history(TestDatabase database) {
            return new DriverManagerDataSource(database.url(), "sa", "");
        }

        @Bean
        @Primary
        DataSource other() {
            return new DriverManagerDataSource("jdbc:h2:mem:other");
        }

        @Bean(defaultCandidate = false)
        @Qualifier("compaction")
        PlatformTransactionManager historyTransactions(@Qualifier("compaction") DataSource history) {
            return new JdbcTransactionManager(history);
        }

        @Bean
        PlatformTransactionManager otherTransactions(DataSource other) {
            return new JdbcTransactionManager(other);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoManagers extends OnlyDataSource {
        @Bean
        PlatformTransactionManager one(DataSource history) {
            return new JdbcTransactionManager(history);
        }

        @Bean
        PlatformTransactionManager two(DataSource history) {
            return new JdbcTransactionManager(history);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class ManagerOfTheOther extends OnlyDataSource {
        @Bean
        PlatformTransactionManager other() {
            return new JdbcTransactionManager(new DriverManagerDataSource("jdbc:h2:mem:other"));
        }
    }

    // The module.

    @Test
    void withoutTheModule_stopsTheStart() {
        runner.withClassLoader(new FilteredClassLoader(JdbcStore.class))
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith("compaction.store=jdbc: ")
                        .contains("io.github.agentcompaction:compaction-jdbc", "or remove compaction.store"));
    }

    @Test
    void unknownStore_isRefusedByBoot(CapturedOutput output) {
        Optional<Exception> failure = StoreApplication.start("compaction.store=foo");

        assertThat(failure).isPresent();
        assertThat(output)
                .contains("APPLICATION FAILED TO START", "compaction.store", "foo")
                .contains("JDBC", "NONE", "REDIS");
    }

    @Test
    void refusal_isPrinted(CapturedOutput output) {
        Optional<Exception> failure = StoreApplication.start("compaction.store=jdbc");

        assertThat(failure).isPresent();
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("Invalid value 'jdbc' for configuration property 'compaction.store'")
                .contains("no bean of type javax.sql.DataSource");
    }

    @Test
    void scripts_haveHintsForNativeImages() {
        RuntimeHints hints = new RuntimeHints();

        new JdbcStoreAutoConfiguration.Scripts().registerHints(hints, getClass().getClassLoader());

        for (String database : new String[] {"h2", "postgresql", "mysql", "mariadb"}) {
            assertThat(hints)
                    .matches(RuntimeHintsPredicates.resource()
                            .forResource("io/github/agentcompaction/jdbc/schema-" + database + ".sql"));
        }
    }

    @Test
    void connections_areGivenBack() {
        runner.withPropertyValues("spring.datasource.hikari.maximum-pool-size=3")
                .run(context -> {
                    for (int i = 0; i < 5; i++) {
                        Replicas.state(context).getLock("s").acquire().close();
                        Replicas.add(context, "c", "hello");
                    }
                    assertThat(new JdbcTemplate(context.getBean(DataSource.class))
                                    .queryForObject("SELECT 1", Integer.class))
                            .isOne();
                });
    }
}
