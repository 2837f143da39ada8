package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.InjectionPoint;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.UnsatisfiedDependencyException;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.analyzer.AbstractInjectionFailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Explains why there is no bean of an agent to inject, or no registry of them, and names the agents that there are. */
@Order(Ordered.HIGHEST_PRECEDENCE) // Spring Boot's own analyzer knows the type and nothing of agents
final class AgentInjectionFailureAnalyzer extends AbstractInjectionFailureAnalyzer<NoSuchBeanDefinitionException> {

    private static final String STATES = "CompactionStates";
    private static final String STATE = "SessionCompactionState";

    /** By their names: not every application has the advisor's class. */
    private static final Set<String> EXPLAINED = Set.of(STATES, STATE, "CompactionTemplate", "CompactionAdvisor");

    private final DefaultListableBeanFactory beanFactory;
    private final Environment environment;

    AgentInjectionFailureAnalyzer(BeanFactory beanFactory, Environment environment) {
        this.beanFactory = (DefaultListableBeanFactory) beanFactory;
        this.environment = environment;
    }

    @Override
    protected @Nullable FailureAnalysis analyze(
            Throwable rootFailure, NoSuchBeanDefinitionException cause, @Nullable String description) {
        Class<?> type =
                cause.getResolvableType() != null ? cause.getResolvableType().resolve() : null;
        if (type == null
                || !type.getName().startsWith("io.github.agentcompaction.")
                || !EXPLAINED.contains(type.getSimpleName())) {
            return null;
        }
        String bean = type.getSimpleName();
        String asks = (description != null ? description : "The application") + " asks for a " + bean;
        if (!beanFactory.containsBeanDefinition(AgentBeansRegistrar.FACTORY)) {
            return new FailureAnalysis(
                    asks + ", but the starter provides none: CompactionAutoConfiguration is excluded or not imported.",
                    "Remove the exclusion, or import CompactionAutoConfiguration"
                            + (bean.equals(STATES) ? "." : "; or define the bean yourself."),
                    cause);
        }
        if (cause instanceof NoUniqueBeanDefinitionException notUnique) {
            Collection<String> found = Objects.requireNonNullElse(notUnique.getBeanNamesFound(), List.of());
            return new FailureAnalysis(
                    asks + " by its type, but there are several: " + String.join(", ", found) + ".",
                    "Say which with @Qualifier and the name of an agent, or of the bean.",
                    cause);
        }
        AgentDefinitions definitions = new AgentDefinitions(environment, beanFactory);
        String agents = String.join(
                ", ",
                definitions.isConfigured() ? definitions.agents() : definitions.names(SessionCompactionState.class));
        String qualifier = qualifier(rootFailure);
        if (qualifier != null && definitions.find(SessionCompactionState.class, qualifier) == null) {
            return new FailureAnalysis(
                    asks + " of the agent '" + qualifier + "', and there is no such agent. Agents: " + agents + ".",
                    "Correct the @Qualifier, or add the agent under compaction.agents.",
                    cause);
        }
        return bean.equals(STATES) || bean.equals(STATE) ? null : needsCompactor(asks, bean, agents, cause);
    }

    private FailureAnalysis needsCompactor(
            String asks, String bean, String agents, NoSuchBeanDefinitionException cause) {
        List<String> compactors = Arrays.asList(beanFactory.getBeanNamesForType(Compactor.class, true, false));
        return new FailureAnalysis(
                asks
                        + ", and there is none. Each agent under compaction.agents has one if it has a Compactor: the bean with"
                        + " the agent's name or qualifier, or that name with 'Compactor' after it; else the only one, or the"
                        + " primary one, that belongs to no other agent. Agents: " + agents + ". Compactors: "
                        + (compactors.isEmpty() ? "none" : String.join(", ", compactors)) + "."
                        + (bean.equals("CompactionAdvisor")
                                ? " An advisor also needs one SessionService or ChatMemory bean, or a primary one."
                                : ""),
                "Define a Compactor bean, one for all agents or one for each with the agent's name as its @Qualifier; with"
                        + " compaction-spring-ai, one ChatModel, and one SessionService or ChatMemory there is one for all, unless"
                        + " the application defines a Compactor. For a state of"
                        + " your own, name its agent under compaction.agents.",
                cause);
    }

    /** {@return the qualifier of the innermost injection point that failed} */
    private static @Nullable String qualifier(Throwable rootFailure) {
        Qualifier qualifier = null;
        for (Throwable failure = rootFailure; failure != null; failure = failure.getCause()) {
            InjectionPoint point = failure instanceof UnsatisfiedDependencyException unsatisfied
                    ? unsatisfied.getInjectionPoint()
                    : null;
            if (point != null) {
                qualifier = point.getAnnotation(Qualifier.class);
            }
        }
        return qualifier != null ? qualifier.value() : null;
    }
}
