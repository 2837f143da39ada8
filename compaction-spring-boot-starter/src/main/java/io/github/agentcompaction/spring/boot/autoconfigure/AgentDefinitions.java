package io.github.agentcompaction.spring.boot.autoconfigure;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.annotation.BeanFactoryAnnotationUtils;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Defines the beans of each agent, and finds those that the application has defined. For the starter's registrars.
 *
 * <p>Every definition names a factory bean, one of its methods, and plain arguments: that can be written down as code, so it
 * works ahead of time, and the bean is known by type and qualifier before it exists.
 */
public final class AgentDefinitions {

    /** The agent of an application that configures none and has no name; as in the core. */
    static final String UNNAMED = "default";

    private final DefaultListableBeanFactory beans;
    private final List<String> configured;
    private final String implicit;
    private final Map<Class<?>, List<String>> present = new HashMap<>();

    /**
     * Reads the configured agents.
     *
     * @param environment has the configuration
     * @param beanFactory where to find and define beans
     */
    public AgentDefinitions(Environment environment, BeanFactory beanFactory) {
        this.beans = (DefaultListableBeanFactory) beanFactory;
        this.configured = ConfiguredAgents.read(environment);
        String application = environment.getProperty("spring.application.name");
        this.implicit = StringUtils.hasText(application) ? application : UNNAMED;
    }

    /** {@return the configured agents; without any, the one that is named after the application} */
    public List<String> agents() {
        return isConfigured() ? configured : List.of(implicit);
    }

    /** {@return whether any agent is configured} */
    public boolean isConfigured() {
        return !configured.isEmpty();
    }

    /**
     * Finds the beans of a type that can be injected, without creating any. The first answer for a type is kept.
     *
     * @param type the beans' type
     * @return their names
     */
    public List<String> names(Class<?> type) {
        return present.computeIfAbsent(
                type,
                key -> Arrays.stream(beans.getBeanNamesForType(key, true, false))
                        .filter(name -> !beans.containsBeanDefinition(name)
                                || beans.getMergedBeanDefinition(name).isAutowireCandidate())
                        .toList());
    }

    /**
     * Finds the bean of an agent, by its name, alias or qualifier: {@code planner}, or with the type after it, such as
     * {@code plannerCompactionTemplate}.
     *
     * @param type the bean's type
     * @param agent the agent's name
     * @return the bean's name, or null if the agent has no such bean
     */
    public @Nullable String find(Class<?> type, String agent) {
        Set<String> accepted = Set.of(agent, beanName(type, agent));
        return names(type).stream()
                .filter(name -> matches(name, accepted))
                .findFirst()
                .orElse(null);
    }

    /** {@return such as plannerCompactionState for a SessionCompactionState} */
    static String beanName(Class<?> type, String agent) {
        return agent + type.getSimpleName().replaceFirst("^Session", "");
    }

    boolean matches(String name, Set<String> namesOrQualifiers) {
        return BeanFactoryAnnotationUtils.isQualifierMatch(namesOrQualifiers::contains, name, beans);
    }

    boolean isPrimary(String name) {
        return beans.containsBeanDefinition(name)
                && beans.getMergedBeanDefinition(name).isPrimary();
    }

    /**
     * Defines the factory that makes the beans.
     *
     * @param name its bean name
     * @param type its class
     */
    public void defineFactory(String name, Class<?> type) {
        RootBeanDefinition factory = new RootBeanDefinition(type);
        factory.setRole(BeanDefinition.ROLE_INFRASTRUCTURE);
        beans.registerBeanDefinition(name, factory);
    }

    /**
     * Defines the bean of an agent, with the agent's name as its qualifier.
     *
     * @param type the bean's type
     * @param agent the agent's name, the first argument of the factory method
     * @param factory the bean name of the factory
     * @param method the factory method
     * @param further its further arguments
     * @return the bean's name
     */
    public String define(Class<?> type, String agent, String factory, String method, Object... further) {
        RootBeanDefinition definition = definition(type, factory, method, agent);
        for (int i = 0; i < further.length; i++) {
            definition.getConstructorArgumentValues().addIndexedArgumentValue(i + 1, further[i]);
        }
        definition.addQualifier(new AutowireCandidateQualifier(Qualifier.class, agent));
        beans.registerBeanDefinition(beanName(type, agent), definition);
        return beanName(type, agent);
    }

    /**
     * Defines the one bean of its type, which is made at the start, also where beans are lazy: its settings may be wrong.
     *
     * @param name the bean's name
     * @param type the bean's type
     * @param factory the bean name of the factory
     * @param method the factory method
     * @param argument its argument
     */
    public void defineOne(String name, Class<?> type, String factory, String method, Object argument) {
        RootBeanDefinition definition = definition(type, factory, method, argument);
        definition.setLazyInit(false);
        beans.registerBeanDefinition(name, definition);
    }

    private static RootBeanDefinition definition(Class<?> type, String factory, String method, Object first) {
        RootBeanDefinition definition = new RootBeanDefinition();
        definition.setTargetType(type);
        definition.setFactoryBeanName(factory);
        definition.setFactoryMethodName(method);
        definition.getConstructorArgumentValues().addIndexedArgumentValue(0, first);
        return definition;
    }
}
