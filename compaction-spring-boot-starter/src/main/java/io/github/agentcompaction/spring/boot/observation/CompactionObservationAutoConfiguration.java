package io.github.agentcompaction.spring.boot.observation;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStateCustomizer;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Auto-configuration of the observation {@code compaction}, where there is an observation registry. A
 * {@link CompactionObservationConvention} bean replaces its names.
 */
@AutoConfiguration(
        after = CompactionAutoConfiguration.class,
        afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE - 80) // else CompactionAutoConfiguration would come early, too
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnBean({CompactionStates.class, ObservationRegistry.class})
public final class CompactionObservationAutoConfiguration {

    CompactionObservationAutoConfiguration() {}

    /** The first of them: what other listeners do when a compaction starts is inside the observation. */
    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    CompactionStateCustomizer compactionObservationStateCustomizer(
            ObservationRegistry registry, ObjectProvider<CompactionObservationConvention> convention) {
        ObservingListener listener = new ObservingListener(registry, convention.getIfAvailable());
        return (agent, builder) -> builder.listener(listener);
    }
}
