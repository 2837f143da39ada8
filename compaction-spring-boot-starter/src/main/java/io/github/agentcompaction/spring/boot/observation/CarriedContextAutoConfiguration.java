package io.github.agentcompaction.spring.boot.observation;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionTemplateCustomizer;
import io.micrometer.context.ContextSnapshotFactory;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import org.slf4j.MDC;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.task.support.ContextPropagatingTaskDecorator;

/**
 * Auto-configuration of what comes along to the thread that compacts for another one: the logging context, and all that
 * context-propagation carries, such as the current observation; without that library the observation alone.
 *
 * <p>A {@link CompactionTemplateCustomizer} of the application may set another
 * {@link io.github.agentcompaction.CompactionTemplate.Builder#taskDecorator task decorator}.
 */
@AutoConfiguration
public final class CarriedContextAutoConfiguration {

    CarriedContextAutoConfiguration() {}

    /** The first of them, so that the application's have the last word. */
    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    CompactionTemplateCustomizer carriedContextTemplateCustomizer(ObjectProvider<ContextCarrier> carriers) {
        List<ContextCarrier> ordered = carriers.orderedStream().toList();
        return (agent, builder) -> builder.taskDecorator(work -> {
            Runnable carrying = work;
            for (ContextCarrier carrier : ordered) {
                carrying = carrier.apply(carrying);
            }
            return carrying;
        });
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ContextSnapshotFactory.class)
    static class Propagated {

        @Bean
        @Order(1)
        ContextCarrier propagatedContextCarrier() {
            return new ContextPropagatingTaskDecorator()::decorate;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ObservationRegistry.class)
    @ConditionalOnMissingClass("io.micrometer.context.ContextSnapshotFactory")
    static class Observed {

        @Bean
        @Order(1)
        ContextCarrier currentObservationCarrier() {
            return new CurrentObservation();
        }
    }

    /** Outside of the others: a scope of an observation may write trace ids into the logging context. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MDC.class)
    static class Logged {

        @Bean
        @Order(2)
        ContextCarrier loggingContextCarrier() {
            return new LoggingContext();
        }
    }
}
