package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.jdbc.JdbcAgentStore;
import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.StoreType;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStore;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStore.AgentStore;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Auto-configuration of the store in the application's database, where {@code compaction.store} is {@code jdbc}.
 *
 * <p>It uses the {@link DataSource} and the {@link PlatformTransactionManager} with the qualifier {@code compaction}, else the only
 * or primary one. The history must be written with the same two.
 */
@AutoConfiguration
@ConditionalOnClass(JdbcStore.class)
@ConditionalOnProperty(name = "compaction.store", havingValue = "jdbc")
@EnableConfigurationProperties(CompactionProperties.class)
@ImportRuntimeHints(JdbcStoreAutoConfiguration.Scripts.class)
public final class JdbcStoreAutoConfiguration {

    JdbcStoreAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    JdbcStore compactionJdbcStore(
            CompactionProperties properties,
            Environment environment,
            @Qualifier(StoreSetup.QUALIFIER) ObjectProvider<DataSource> qualifiedDataSource,
            ObjectProvider<DataSource> dataSources,
            @Qualifier(StoreSetup.QUALIFIER) ObjectProvider<PlatformTransactionManager> qualifiedTransactionManager,
            ObjectProvider<PlatformTransactionManager> transactionManagers) {
        JdbcStore.Builder builder = JdbcStore.builder(
                        StoreSetup.choose(
                                StoreType.JDBC,
                                qualifiedDataSource,
                                dataSources,
                                DataSource.class,
                                "Configure the one that holds the history, as with spring.datasource.url"),
                        StoreSetup.choose(
                                StoreType.JDBC,
                                qualifiedTransactionManager,
                                transactionManagers,
                                PlatformTransactionManager.class,
                                "Add spring-boot-starter-jdbc, which makes one for a single DataSource, or define one"))
                .namespace(StoreSetup.namespace(properties, environment))
                .listen(properties.jdbc().listen())
                .lease(properties.lease());
        String prefix = properties.jdbc().tablePrefix();
        StoreSetup.checked("compaction.jdbc.table-prefix", prefix, () -> builder.tablePrefix(prefix));
        StoreSetup.checked("compaction.ttl", properties.ttl(), () -> builder.timeToLive(properties.ttl()));
        return builder.build();
    }

    @Bean
    @ConditionalOnMissingBean
    CompactionStore compactionStore(JdbcStore store, CompactionProperties properties) {
        return (agent, ttl) -> {
            JdbcAgentStore own = StoreSetup.checkedTtl(properties, agent, ttl, () -> store.agent(agent, ttl));
            return new AgentStore(own, own);
        };
    }

    /** After Flyway and the like: they may make the table, and may refuse a schema in which there is one already. */
    @Bean
    @Lazy(false)
    @DependsOnDatabaseInitialization
    JdbcStoreStart compactionJdbcStoreStart(JdbcStore store, CompactionProperties properties) {
        return new JdbcStoreStart(store, properties.jdbc());
    }

    /** Native images have resources only on request. */
    static final class Scripts implements RuntimeHintsRegistrar {

        @Override
        public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
            hints.resources().registerPattern("io/github/agentcompaction/jdbc/*.sql");
        }
    }
}
