package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.spring.boot.store.JdbcStoreAutoConfiguration;
import io.github.agentcompaction.spring.boot.store.RedisStoreAutoConfiguration;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import io.github.agentcompaction.store.HistoryGuard;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/** Auto-configuration of checks at the start: the store guards the chat memory and, in a database, is written with it. */
@AutoConfiguration(after = {JdbcStoreAutoConfiguration.class, RedisStoreAutoConfiguration.class})
@ConditionalOnClass(ConcurrentChatMemory.class)
@ConditionalOnBean(HistoryGuard.class)
public final class HistoryGuardAutoConfiguration {

    HistoryGuardAutoConfiguration() {}

    @Bean
    @Lazy(false)
    UnguardedMemories compactionUnguardedMemories(ListableBeanFactory beanFactory) {
        return new UnguardedMemories(new ChatMemories(beanFactory));
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(JdbcStore.class)
    @ConditionalOnBean(JdbcStore.class)
    static class Jdbc {

        @Bean
        @Lazy(false)
        HistoryProbe compactionHistoryProbe(JdbcStore store, ListableBeanFactory beanFactory) {
            return new HistoryProbe(store, beanFactory, new ChatMemories(beanFactory));
        }
    }
}
