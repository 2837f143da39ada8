package io.github.agentcompaction.spring.boot.actuate;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStateCustomizer;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;

/** Auto-configuration of {@link CompactionEndpoint}, where the endpoint is exposed. */
@AutoConfiguration(after = CompactionAutoConfiguration.class)
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE - 80) // else CompactionAutoConfiguration would come early, too
@ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
@ConditionalOnBean(CompactionStates.class)
@ConditionalOnAvailableEndpoint(CompactionEndpoint.class)
public final class CompactionEndpointAutoConfiguration {

    CompactionEndpointAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    CompactionCounts compactionCounts() {
        return new CompactionCounts();
    }

    @Bean
    CompactionStateCustomizer compactionCountsStateCustomizer(CompactionCounts counts) {
        return (agent, builder) -> builder.listener(counts.listener(agent));
    }

    @Bean
    @ConditionalOnMissingBean
    CompactionEndpoint compactionEndpoint(
            CompactionStates states, CompactionProperties properties, CompactionCounts counts) {
        return new CompactionEndpoint(states, properties, counts);
    }

    @Bean
    @ConditionalOnMissingBean
    CompactionEndpointWebExtension compactionEndpointWebExtension(CompactionEndpoint endpoint) {
        return new CompactionEndpointWebExtension(endpoint);
    }
}
