package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.RuntimeBeanReference;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.ManagedMap;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/**
 * Defines the state and the template of every agent, except those that the application defines itself.
 *
 * <p>It runs after the application's own definitions and those of other auto-configurations (the order of
 * {@link CompactionAutoConfiguration} sees to that), so it knows which agents have a state, a template or a compactor of
 * their own.
 */
final class AgentBeansRegistrar implements ImportBeanDefinitionRegistrar {

    /** Always registered; the other definitions refer to it. */
    static final String FACTORY = AgentBeans.class.getName();

    static final String STATES = "compactionStates";

    private final Environment environment;
    private final BeanFactory beanFactory;

    AgentBeansRegistrar(Environment environment, BeanFactory beanFactory) {
        this.environment = environment;
        this.beanFactory = beanFactory;
    }

    @Override
    public void registerBeanDefinitions(AnnotationMetadata metadata, BeanDefinitionRegistry registry) {
        AgentDefinitions definitions = new AgentDefinitions(environment, beanFactory);
        definitions.defineFactory(FACTORY, AgentBeans.class);
        ManagedMap<String, RuntimeBeanReference> states = new ManagedMap<>();
        // Without configured agents, any state or template of the application's own is that of the only agent.
        if (definitions.isConfigured()
                || definitions.names(SessionCompactionState.class).isEmpty()) {
            AgentCompactors compactors = new AgentCompactors(definitions);
            for (String agent : definitions.agents()) {
                RuntimeBeanReference state = state(definitions, agent);
                states.put(agent, state);
                boolean mayHaveTemplate = definitions.isConfigured()
                        ? definitions.find(CompactionTemplate.class, agent) == null
                        : definitions.names(CompactionTemplate.class).isEmpty();
                defineTemplate(definitions, agent, state, mayHaveTemplate ? compactors.find(agent) : null);
            }
        }
        definitions.defineOne(STATES, CompactionStates.class, FACTORY, "states", states);
    }

    private static RuntimeBeanReference state(AgentDefinitions definitions, String agent) {
        String own = definitions.find(SessionCompactionState.class, agent);
        return new RuntimeBeanReference(
                own != null ? own : definitions.define(SessionCompactionState.class, agent, FACTORY, "state"));
    }

    private static void defineTemplate(
            AgentDefinitions definitions, String agent, RuntimeBeanReference state, @Nullable String compactor) {
        if (compactor != null) {
            RuntimeBeanReference reference = new RuntimeBeanReference(compactor);
            definitions.define(CompactionTemplate.class, agent, FACTORY, "template", state, reference);
        }
    }
}
