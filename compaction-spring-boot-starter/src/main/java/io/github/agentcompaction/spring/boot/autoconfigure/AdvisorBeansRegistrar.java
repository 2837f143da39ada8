package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.springai.CompactionAdvisor;
import org.springframework.ai.chat.client.ChatClientBuilderCustomizer;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.RuntimeBeanReference;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.ManagedMap;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/**
 * Defines the advisor of every agent that has a template, except those that the application defines itself. Works as
 * {@link AgentBeansRegistrar} does, and after it.
 */
final class AdvisorBeansRegistrar implements ImportBeanDefinitionRegistrar {

    private static final String SUFFIX = "CompactionAdvisor";

    private static final String DEFAULT_ADVISOR = "compactionDefaultAdvisor";

    private final Environment environment;
    private final DefaultListableBeanFactory beans;

    AdvisorBeansRegistrar(Environment environment, BeanFactory beanFactory) {
        this.environment = environment;
        this.beans = (DefaultListableBeanFactory) beanFactory; // AgentBeansRegistrar has looked
    }

    @Override
    public void registerBeanDefinitions(AnnotationMetadata metadata, BeanDefinitionRegistry registry) {
        RootBeanDefinition factory = new RootBeanDefinition(AdvisorBeans.class);
        factory.setRole(BeanDefinition.ROLE_INFRASTRUCTURE);
        registry.registerBeanDefinition(AgentBeansRegistrar.ADVISOR_FACTORY, factory);

        OwnBeans advisors = OwnBeans.of(CompactionAdvisor.class, beans);
        OwnBeans templates = OwnBeans.of(CompactionTemplate.class, beans);
        // Without configured agents there is one, and any advisor of the application's own is its advisor.
        boolean onlyOwn =
                !advisors.isEmpty() && ConfiguredAgents.read(environment).isEmpty();
        ManagedMap<String, String> byAgent = new ManagedMap<>();
        for (String agent : AgentBeansRegistrar.agents(environment)) {
            String advisor = advisors.find(agent, agent + SUFFIX);
            String template = templates.find(agent, agent + AgentBeansRegistrar.TEMPLATE_SUFFIX);
            if (advisor == null && onlyOwn) {
                advisor = advisors.names().get(0);
            } else if (advisor == null && template != null) {
                advisor = register(registry, agent, template);
            }
            if (advisor != null) {
                byAgent.put(agent, advisor);
            }
        }

        RootBeanDefinition customizer = definition(ChatClientBuilderCustomizer.class, "defaultAdvisor");
        customizer.getConstructorArgumentValues().addIndexedArgumentValue(0, byAgent);
        registry.registerBeanDefinition(DEFAULT_ADVISOR, customizer);
    }

    private static String register(BeanDefinitionRegistry registry, String agent, String template) {
        RootBeanDefinition advisor = definition(CompactionAdvisor.class, "advisor");
        advisor.getConstructorArgumentValues().addIndexedArgumentValue(0, agent);
        advisor.getConstructorArgumentValues().addIndexedArgumentValue(1, new RuntimeBeanReference(template));
        advisor.addQualifier(new AutowireCandidateQualifier(Qualifier.class, agent));
        registry.registerBeanDefinition(agent + SUFFIX, advisor);
        return agent + SUFFIX;
    }

    private static RootBeanDefinition definition(Class<?> type, String factoryMethod) {
        RootBeanDefinition definition = new RootBeanDefinition();
        definition.setTargetType(type);
        definition.setFactoryBeanName(AgentBeansRegistrar.ADVISOR_FACTORY);
        definition.setFactoryMethodName(factoryMethod);
        return definition;
    }
}
