package io.github.agentcompaction.spring.boot.autoconfigure;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.Environment;

/**
 * Checks the keys of this start before any bean is bound to them. After ahead-of-time processing nobody else does in time:
 * the condition and the registrars have seen the keys of the build.
 */
final class StartCheck implements BeanFactoryPostProcessor {

    private final Environment environment;

    StartCheck(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
        if (!EnabledCondition.isEnabled(environment)) {
            throw InvalidCompactionPropertyException.of(
                    environment,
                    EnabledCondition.PROPERTY,
                    "It comes too late: ahead-of-time processing fixed the beans when the application was built.",
                    "Build it with compaction.enabled=false, or remove the key.");
        }
        ConfiguredAgents.read(environment);
    }
}
