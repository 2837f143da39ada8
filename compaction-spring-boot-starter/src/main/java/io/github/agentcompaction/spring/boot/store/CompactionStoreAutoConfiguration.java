package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;

/** Auto-configuration of what must hold for any {@code compaction.store}. */
@AutoConfiguration
@EnableConfigurationProperties(CompactionProperties.class)
public final class CompactionStoreAutoConfiguration {

    CompactionStoreAutoConfiguration() {}

    @Bean
    @Lazy(false)
    static MissingStoreCheck compactionMissingStoreCheck(
            CompactionProperties properties, ObjectProvider<CompactionStore> store) {
        return new MissingStoreCheck(properties, store);
    }
}
