package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.CompactionTemplate;

/**
 * Changes the templates that the starter builds: a bean of this type is called for each agent, after the properties were
 * applied. Several are called in their {@link org.springframework.core.annotation.Order order}.
 *
 * <p>It is not called for a template that the application defines itself.
 */
@FunctionalInterface
public interface CompactionTemplateCustomizer {

    /**
     * Changes the template of one agent.
     *
     * @param agent the agent's name
     * @param builder the builder to change
     */
    void customize(String agent, CompactionTemplate.Builder builder);
}
