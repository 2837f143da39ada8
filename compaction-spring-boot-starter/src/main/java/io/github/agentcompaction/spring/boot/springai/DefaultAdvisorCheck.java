package io.github.agentcompaction.spring.boot.springai;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.Environment;

/** Stops the start if there is a default advisor to choose, and no advisors. */
final class DefaultAdvisorCheck implements BeanFactoryPostProcessor {

    static final String PROPERTY = "compaction.spring-ai.default-advisor";

    private final Environment environment;

    DefaultAdvisorCheck(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
        String agent = environment.getProperty(PROPERTY);
        if (agent != null && !beanFactory.containsBeanDefinition(AdvisorBeansRegistrar.FACTORY)) {
            throw new InvalidConfigurationPropertyValueException(
                    PROPERTY,
                    agent,
                    "There are no advisors: they need CompactionAutoConfiguration, compaction-spring-ai on the class path,"
                            + " and one SessionService or ChatMemory bean, or a primary one. Add the dependency"
                            + " io.github.agentcompaction:compaction-spring-ai, mark one of those beans as @Primary, or"
                            + " remove the key.");
        }
    }
}
