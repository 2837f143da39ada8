package io.github.agentcompaction.spring.boot.metrics;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStateCustomizer;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;

/** Auto-configuration of {@link CompactionMetrics}, where there is a meter registry. */
@AutoConfiguration(
        after = CompactionAutoConfiguration.class,
        afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE - 80) // else CompactionAutoConfiguration would come early, too
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({CompactionStates.class, MeterRegistry.class})
public final class CompactionMetricsAutoConfiguration {

    CompactionMetricsAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    CompactionMetrics compactionMetrics(ObjectProvider<CompactionStates> states) {
        return new CompactionMetrics(states::getObject);
    }

    @Bean
    CompactionStateCustomizer compactionMetricsStateCustomizer(CompactionMetrics metrics) {
        return (agent, builder) -> builder.listener(metrics.listener(agent));
    }
}
