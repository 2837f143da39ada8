package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.jdbc.JdbcAgentStore;
import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.StoreType;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStore;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStore.AgentStore;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
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
        return JdbcStore.builder(
                        StoreSetup.choose(StoreType.JDBC, qualifiedDataSource, dataSources, "javax.sql.DataSource"),
                        StoreSetup.choose(
                                StoreType.JDBC,
                                qualifiedTransactionManager,
                                transactionManagers,
                                "org.springframework.transaction.PlatformTransactionManager"))
                .namespace(StoreSetup.namespace(properties, environment))
                .tablePrefix(properties.jdbc().tablePrefix())
                .listen(properties.jdbc().listen())
                .lease(properties.lease())
                .timeToLive(properties.ttl())
                .build();
    }

    @Bean
    @ConditionalOnMissingBean
    CompactionStore compactionStore(JdbcStore store) {
        return (agent, ttl) -> {
            JdbcAgentStore own = store.agent(agent, ttl);
            return new AgentStore(own, own);
        };
    }

    @Bean
    @Lazy(false)
    JdbcStoreStart compactionJdbcStoreStart(JdbcStore store, CompactionProperties properties) {
        return new JdbcStoreStart(store, properties.jdbc().initializeSchema());
    }
}
