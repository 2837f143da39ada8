package io.github.agentcompaction.spring.boot.autoconfigure;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.Environment;

/**
 * Checks the configuration of this start before any bean is made. After ahead-of-time processing, the condition and the
 * registrars have seen only that of the build.
 */
final class StartCheck implements BeanFactoryPostProcessor {

    private final Environment environment;

    StartCheck(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
        if (!EnabledCondition.isEnabled(environment)) {
            throw new InvalidConfigurationPropertyValueException(
                    EnabledCondition.PROPERTY,
                    false,
                    "It comes too late: ahead-of-time processing fixed the beans when the application was built. Build it"
                            + " with compaction.enabled=false, or remove the key.");
        }
        ConfiguredAgents.read(environment);
    }
}
