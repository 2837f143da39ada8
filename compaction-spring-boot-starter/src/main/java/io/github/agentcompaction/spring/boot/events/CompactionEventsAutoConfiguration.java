package io.github.agentcompaction.spring.boot.events;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStateCustomizer;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the events {@link CompactionStarted} and {@link CompactionEnded}. */
@AutoConfiguration
public final class CompactionEventsAutoConfiguration {

    CompactionEventsAutoConfiguration() {}

    @Bean
    CompactionStateCustomizer compactionEventsStateCustomizer(ApplicationEventPublisher publisher) {
        PublishingListener listener = new PublishingListener(publisher);
        return (agent, builder) -> builder.listener(listener);
    }
}
