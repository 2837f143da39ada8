package io.github.agentcompaction.spring.boot.autoconfigure;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindHandlerAdvisor;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of a {@link io.github.agentcompaction.SessionCompactionState} for each agent, of a
 * {@link io.github.agentcompaction.CompactionTemplate} for each agent that has a
 * {@link io.github.agentcompaction.Compactor}, and of {@link CompactionStates}.
 *
 * <p>The beans of the agent {@code planner} are called {@code plannerCompactionState} and
 * {@code plannerCompactionTemplate} and have the qualifier {@code planner}. Where the application defines such a bean
 * itself, recognized by {@code planner} or the name above as its name, alias or qualifier, that one is used. Without
 * configured agents there is one, named after {@code spring.application.name}, or {@code default} if that is not set;
 * it backs off for any state of the application's own.
 *
 * <p>An agent's compactor is the bean with the name, alias or qualifier {@code planner} or {@code plannerCompactor}, else
 * the only one, or the primary one, of those that belong to no agent.
 *
 * <p>Comes late among the auto-configurations, because it has to know which compactors there are. Ahead-of-time
 * processing fixes the set of agents, their names included; their settings are read at each start.
 */
@AutoConfiguration
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE - 100)
@EnableConfigurationProperties(CompactionProperties.class)
@Import(AgentBeansRegistrar.class)
public final class CompactionAutoConfiguration {

    CompactionAutoConfiguration() {}

    @Bean
    static ConfigurationPropertiesBindHandlerAdvisor compactionBindHandlerAdvisor() {
        return AgentsBindHandler::new;
    }

    @Bean
    static BackgroundLifecycle compactionBackgroundLifecycle(ConfigurableListableBeanFactory beanFactory) {
        return new BackgroundLifecycle(beanFactory);
    }

    @Bean
    static StartCheck compactionStartCheck(Environment environment) {
        return new StartCheck(environment);
    }
}
