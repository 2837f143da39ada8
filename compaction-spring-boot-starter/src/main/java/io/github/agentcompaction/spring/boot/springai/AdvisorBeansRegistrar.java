package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.spring.boot.autoconfigure.AgentDefinitions;
import io.github.agentcompaction.springai.CompactionAdvisor;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClientBuilderCustomizer;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.RuntimeBeanReference;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.ManagedMap;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/** Defines the advisor of every agent that has a template, except those that the application defines itself. */
final class AdvisorBeansRegistrar implements ImportBeanDefinitionRegistrar {

    /** Registered wherever there are advisors; the other definitions refer to it. */
    static final String FACTORY = "compactionAdvisorBeans";

    private final Environment environment;
    private final BeanFactory beanFactory;

    AdvisorBeansRegistrar(Environment environment, BeanFactory beanFactory) {
        this.environment = environment;
        this.beanFactory = beanFactory;
    }

    @Override
    public void registerBeanDefinitions(AnnotationMetadata metadata, BeanDefinitionRegistry registry) {
        AgentDefinitions definitions = new AgentDefinitions(environment, beanFactory);
        definitions.defineFactory(FACTORY, AdvisorBeans.class);
        ManagedMap<String, String> advisors = new ManagedMap<>();
        for (String agent : definitions.agents()) {
            String advisor = advisor(definitions, agent);
            if (advisor != null) {
                advisors.put(agent, advisor);
            }
        }
        definitions.defineOne(
                "compactionDefaultAdvisor", ChatClientBuilderCustomizer.class, FACTORY, "defaultAdvisor", advisors);
    }

    private static @Nullable String advisor(AgentDefinitions definitions, String agent) {
        String own = definitions.find(CompactionAdvisor.class, agent);
        if (own != null) {
            return own;
        }
        if (!definitions.isConfigured()
                && !definitions.names(CompactionAdvisor.class).isEmpty()) {
            return definitions.names(CompactionAdvisor.class).get(0); // any is that of the only agent
        }
        String template = definitions.find(CompactionTemplate.class, agent);
        return template != null
                ? definitions.define(
                        CompactionAdvisor.class, agent, FACTORY, "advisor", new RuntimeBeanReference(template))
                : null;
    }
}
