package io.github.agentcompaction.spring.boot.autoconfigure;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.Environment;

/**
 * Checks the configuration of this start before any bean is made. After ahead-of-time processing, the registrars have seen
 * only that of the build.
 */
final class StartCheck implements BeanFactoryPostProcessor {

    private final Environment environment;

    StartCheck(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
        ConfiguredAgents.check(environment);
    }
}
