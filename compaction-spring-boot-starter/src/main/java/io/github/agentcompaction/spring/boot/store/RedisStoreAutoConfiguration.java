package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.redis.RedisAgentStore;
import io.github.agentcompaction.redis.RedisStore;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.StoreType;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStore;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStore.AgentStore;
import java.time.Duration;
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
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;
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
@ImportRuntimeHints(RedisStoreAutoConfiguration.Scripts.class)
public final class RedisStoreAutoConfiguration {

    RedisStoreAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    RedisStore compactionRedisStore(
            CompactionProperties properties,
            Environment environment,
            @Qualifier(StoreSetup.QUALIFIER) ObjectProvider<ReactiveRedisConnectionFactory> qualified,
            ObjectProvider<ReactiveRedisConnectionFactory> all) {
        RedisStore.Builder builder = RedisStore.builder(StoreSetup.choose(
                        StoreType.REDIS,
                        qualified,
                        all,
                        ReactiveRedisConnectionFactory.class,
                        "Spring Boot makes it of Lettuce and not of Jedis. Add spring-boot-starter-data-redis, and set"
                                + " spring.data.redis.client-type to lettuce if it is jedis"))
                .namespace(StoreSetup.namespace(properties, environment))
                .lease(properties.lease());
        Duration timeout = properties.redis().commandTimeout();
        Duration poll = properties.redis().maxPoll();
        StoreSetup.checked("compaction.ttl", properties.ttl(), () -> builder.timeToLive(properties.ttl()));
        StoreSetup.checked("compaction.redis.max-poll", poll, () -> builder.maxPoll(poll));
        return StoreSetup.checked(
                "compaction.redis.command-timeout",
                timeout,
                () -> builder.commandTimeout(timeout).build()); // which compares it with the lease
    }

    @Bean
    @ConditionalOnMissingBean
    CompactionStore compactionStore(RedisStore store, CompactionProperties properties) {
        return (agent, ttl) -> {
            RedisAgentStore own = StoreSetup.checkedTtl(properties, agent, ttl, () -> store.agent(agent, ttl));
            return new AgentStore(own, own);
        };
    }

    /** Native images have resources only on request. */
    static final class Scripts implements RuntimeHintsRegistrar {

        @Override
        public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
            hints.resources().registerPattern("io/github/agentcompaction/redis/*.lua");
        }
    }
}
