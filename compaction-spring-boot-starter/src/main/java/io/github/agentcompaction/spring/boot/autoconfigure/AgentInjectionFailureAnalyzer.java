package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.InjectionPoint;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.UnsatisfiedDependencyException;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConstructorArgumentValues.ValueHolder;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.Order;
import org.springframework.util.ClassUtils;

/** Explains why there is no state, template, advisor or registry to inject, and names the agents that there are. */
@Order(Ordered.HIGHEST_PRECEDENCE) // Spring Boot's own analyzer knows the type and nothing of agents
final class AgentInjectionFailureAnalyzer extends AbstractFailureAnalyzer<NoSuchBeanDefinitionException> {

    private final DefaultListableBeanFactory beanFactory;

    AgentInjectionFailureAnalyzer(BeanFactory beanFactory) {
        this.beanFactory = (DefaultListableBeanFactory) beanFactory;
    }

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, NoSuchBeanDefinitionException cause) {
        ResolvableType asked = cause.getResolvableType();
        Class<?> type = asked != null ? asked.resolve() : null;
        if (type == null
                || (type != SessionCompactionState.class
                        && type != CompactionTemplate.class
                        && type != CompactionStates.class
                        && !isAdvisor(type))) {
            return null;
        }
        UnsatisfiedDependencyException dependency = findCause(rootFailure, UnsatisfiedDependencyException.class);
        InjectionPoint point = dependency != null ? innermost(dependency).getInjectionPoint() : null;
        String who = point != null ? describe(point) : "The application";
        if (type == CompactionStates.class) { // the starter's one bean of its type, for all agents
            return isProvided() ? null : notProvided(who + " asks for the " + type.getSimpleName(), cause);
        }
        return cause instanceof NoUniqueBeanDefinitionException notUnique
                ? ambiguous(who, type, notUnique)
                : missing(who, type, qualifier(point), cause);
    }

    private FailureAnalysis ambiguous(String who, Class<?> type, NoUniqueBeanDefinitionException cause) {
        List<String> agents = agentsWith(type);
        return new FailureAnalysis(
                who + " asks for a " + type.getSimpleName() + " by its type, but there are several agents: "
                        + String.join(", ", agents) + ".",
                "Say which agent with a qualifier such as @Qualifier(\"" + agents.get(0) + "\").",
                cause);
    }

    private FailureAnalysis missing(
            String who, Class<?> type, @Nullable String qualifier, NoSuchBeanDefinitionException cause) {
        String description = who + " asks for the " + type.getSimpleName() + " of "
                + (qualifier != null ? "the agent '" + qualifier + "'" : "an agent");
        if (!isProvided()) {
            return notProvided(description, cause);
        }
        List<String> agents = agents();
        if (qualifier != null && !agents.contains(qualifier)) {
            return new FailureAnalysis(
                    description + ", and there is no such agent. Agents: "
                            + (agents.isEmpty() ? "none" : String.join(", ", agents)) + ".",
                    "Correct the @Qualifier (upper and lower case differ), or add the agent: compaction.agents."
                            + qualifier + ": with its settings, or with nothing, below.",
                    cause);
        }
        if (type != SessionCompactionState.class && agents.isEmpty()) {
            return new FailureAnalysis(
                    description
                            + ", and no agent is configured; for a state of the application's own the starter makes no"
                            + " template.",
                    "Name the agent of that state under compaction.agents, or build the template with"
                            + " CompactionTemplate.builder(state, compactor).",
                    cause);
        }
        if (isAdvisor(type) && !beanFactory.containsBeanDefinition(AgentBeansRegistrar.ADVISOR_FACTORY)) {
            return new FailureAnalysis(
                    description + ", and an advisor needs one ChatMemory bean, or a primary one. ChatMemory beans: "
                            + chatMemories() + ".",
                    "Define or remove ChatMemory beans until there is one, mark one as @Primary, or build the advisor with"
                            + " CompactionAdvisor.builder(template, chatMemory).",
                    cause);
        }
        return type != SessionCompactionState.class
                ? noCompactor(description, qualifier, cause)
                : new FailureAnalysis(
                        description + ", and there is none that the starter or the application provides.",
                        "Add an agent under compaction.agents, or define the bean yourself.",
                        cause);
    }

    private boolean isProvided() {
        return beanFactory.containsBeanDefinition(AgentBeansRegistrar.FACTORY);
    }

    private static FailureAnalysis notProvided(String description, NoSuchBeanDefinitionException cause) {
        return new FailureAnalysis(
                description + ", but the starter provides none: " + EnabledCondition.PROPERTY + " is false, or"
                        + " CompactionAutoConfiguration is excluded or not imported.",
                "Remove " + EnabledCondition.PROPERTY + "=false, or define the bean yourself.",
                cause);
    }

    private FailureAnalysis noCompactor(
            String description, @Nullable String qualifier, NoSuchBeanDefinitionException cause) {
        String example = qualifier != null ? qualifier : "planner";
        String[] compactors = beanFactory.getBeanNamesForType(Compactor.class, true, false);
        String reason = compactors.length == 0
                ? ", and that needs a Compactor, of which there is no bean."
                : ", and no Compactor is clearly its own. There are: " + String.join(", ", compactors)
                        + ". An agent's compactor has the agent's name or qualifier, or that name with 'Compactor' after it;"
                        + " or it is the only one, or the primary one, that belongs to no other agent.";
        return new FailureAnalysis(
                description + reason,
                "Define a bean of type " + Compactor.class.getName() + " that summarizes a session and shortens it: one"
                        + " for all agents, or one for each with @Qualifier(\"" + example
                        + "\"). With compaction-spring-ai,"
                        + " one ChatModel and one ChatMemory there is a Compactor for all.",
                cause);
    }

    /** By its name: the class is there only with compaction-spring-ai. */
    private static boolean isAdvisor(Class<?> type) {
        return type.getName().equals("io.github.agentcompaction.springai.CompactionAdvisor");
    }

    private String chatMemories() {
        try {
            Class<?> type = ClassUtils.forName(
                    "org.springframework.ai.chat.memory.ChatMemory", beanFactory.getBeanClassLoader());
            String[] names = beanFactory.getBeanNamesForType(type, true, false);
            return names.length == 0 ? "none" : String.join(", ", names);
        } catch (ClassNotFoundException e) {
            return "none";
        }
    }

    /** The configured agents, which are the keys of the argument that {@link CompactionStates} is defined with. */
    private List<String> agents() {
        ValueHolder states = beanFactory
                .getMergedBeanDefinition(AgentBeansRegistrar.STATES)
                .getConstructorArgumentValues()
                .getIndexedArgumentValue(0, null);
        return states != null && states.getValue() instanceof Map<?, ?> byAgent
                ? byAgent.keySet().stream().map(String::valueOf).toList()
                : List.of();
    }

    private List<String> agentsWith(Class<?> type) {
        return Arrays.stream(beanFactory.getBeanNamesForType(type, true, false))
                .map(this::agentOf)
                .toList();
    }

    private String agentOf(String beanName) {
        if (beanFactory.containsBeanDefinition(beanName)
                && beanFactory.getMergedBeanDefinition(beanName) instanceof AbstractBeanDefinition definition) {
            AutowireCandidateQualifier qualifier = definition.getQualifier(Qualifier.class.getName());
            Object agent = qualifier != null ? qualifier.getAttribute("value") : null;
            if (agent != null) {
                return agent.toString();
            }
        }
        return beanName;
    }

    private static UnsatisfiedDependencyException innermost(UnsatisfiedDependencyException outer) {
        UnsatisfiedDependencyException found = outer;
        for (Throwable cause = outer.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof UnsatisfiedDependencyException inner) {
                found = inner;
            }
        }
        return found;
    }

    private static @Nullable String qualifier(@Nullable InjectionPoint point) {
        Qualifier qualifier = point != null ? point.getAnnotation(Qualifier.class) : null;
        return qualifier != null ? qualifier.value() : null;
    }

    private static String describe(InjectionPoint point) {
        if (point.getMethodParameter() != null) {
            return "Parameter " + point.getMethodParameter().getParameterIndex() + " of "
                    + (point.getMember() instanceof java.lang.reflect.Constructor<?>
                            ? "the constructor"
                            : "the method " + point.getMember().getName())
                    + " in " + point.getMember().getDeclaringClass().getName();
        }
        return "Field " + point.getMember().getName() + " in "
                + point.getMember().getDeclaringClass().getName();
    }
}
