package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.redis.RedisAgentStore;
import io.github.agentcompaction.redis.RedisStore;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.StoreType;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStore;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStore.AgentStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;

/**
 * Auto-configuration of the store in Redis, where {@code compaction.store} is {@code redis}.
 *
 * <p>It uses the {@link ReactiveRedisConnectionFactory} with the qualifier {@code compaction}, else the only or primary one.
 */
@AutoConfiguration
@ConditionalOnClass({RedisStore.class, ReactiveRedisConnectionFactory.class})
@ConditionalOnProperty(name = "compaction.store", havingValue = "redis")
@EnableConfigurationProperties(CompactionProperties.class)
public final class RedisStoreAutoConfiguration {

    RedisStoreAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    RedisStore compactionRedisStore(
            CompactionProperties properties,
            Environment environment,
            @Qualifier(StoreSetup.QUALIFIER) ObjectProvider<ReactiveRedisConnectionFactory> qualified,
            ObjectProvider<ReactiveRedisConnectionFactory> all) {
        return RedisStore.builder(StoreSetup.choose(
                        StoreType.REDIS,
                        qualified,
                        all,
                        "org.springframework.data.redis.connection.ReactiveRedisConnectionFactory, which Lettuce makes and"
                                + " Jedis does not: is spring.data.redis.client-type jedis?"))
                .namespace(StoreSetup.namespace(properties, environment))
                .lease(properties.lease())
                .timeToLive(properties.ttl())
                .commandTimeout(properties.redis().commandTimeout())
                .maxPoll(properties.redis().maxPoll())
                .build();
    }

    @Bean
    @ConditionalOnMissingBean
    CompactionStore compactionStore(RedisStore store) {
        return (agent, ttl) -> {
            RedisAgentStore own = store.agent(agent, ttl);
            return new AgentStore(own, own);
        };
    }
}
