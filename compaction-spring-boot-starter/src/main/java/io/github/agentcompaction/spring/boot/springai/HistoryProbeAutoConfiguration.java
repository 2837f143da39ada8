package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.spring.boot.store.JdbcStoreAutoConfiguration;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;

/** Auto-configuration of checks at the start: the store in a database guards the chat memory, and is written with it. */
@AutoConfiguration(after = JdbcStoreAutoConfiguration.class)
@ConditionalOnClass({JdbcStore.class, ConcurrentChatMemory.class})
@ConditionalOnBean(JdbcStore.class)
public final class HistoryProbeAutoConfiguration {

    HistoryProbeAutoConfiguration() {}

    @Bean
    @Lazy(false)
    HistoryProbe compactionHistoryProbe(JdbcStore store, ListableBeanFactory beanFactory) {
        return new HistoryProbe(store, beanFactory);
    }

    @Bean
    @Lazy(false)
    UnguardedMemories compactionUnguardedMemories(ListableBeanFactory beanFactory) {
        return new UnguardedMemories(beanFactory);
    }
}
