package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.AotDetector;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.thread.Threading;
import org.springframework.core.env.Environment;
import org.springframework.core.task.TaskExecutor;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.util.function.SingletonSupplier;

/** Builds the beans whose definitions {@link AgentBeansRegistrar} makes; they call it by the names of its methods. */
final class AgentBeans {

    static final String DEFAULT_ADVISOR = "compaction.spring-ai.default-advisor";

    private static final Log logger = LogFactory.getLog(AgentBeans.class);

    private final CompactionProperties properties;
    private final List<String> configured;
    private final Supplier<List<CompactionListener>> listeners;
    private final Supplier<List<CompactionStateCustomizer>> stateCustomizers;
    private final Supplier<List<CompactionTemplateCustomizer>> templateCustomizers;
    private final ObjectProvider<SessionCompactionState> allStates;
    private final @Nullable TaskExecutor virtualThreads;

    AgentBeans(
            CompactionProperties properties,
            Environment environment,
            ListableBeanFactory beanFactory,
            ObjectProvider<CompactionListener> listeners,
            ObjectProvider<CompactionStateCustomizer> stateCustomizers,
            ObjectProvider<CompactionTemplateCustomizer> templateCustomizers,
            ObjectProvider<SessionCompactionState> allStates) {
        this.properties = properties;
        // Read again: after ahead-of-time processing the registrar has seen the keys of the build.
        this.configured = ConfiguredAgents.read(environment);
        SettingRanges.check(properties, configured, environment);
        requireSpringAiIfUsed(environment, beanFactory);
        this.listeners = once(listeners);
        this.stateCustomizers = once(stateCustomizers);
        this.templateCustomizers = once(templateCustomizers);
        this.allStates = allStates;
        this.virtualThreads =
                Threading.VIRTUAL.isActive(environment) ? new VirtualThreadTaskExecutor("agent-compaction-") : null;
    }

    private void requireSpringAiIfUsed(Environment environment, ListableBeanFactory beanFactory) {
        if (properties.springAi().defaultAdvisor() != null
                && !beanFactory.containsBeanDefinition(AgentBeansRegistrar.ADVISOR_FACTORY)) {
            throw InvalidCompactionPropertyException.of(
                    environment,
                    DEFAULT_ADVISOR,
                    "There are no advisors: they need compaction-spring-ai on the class path, and one ChatMemory bean, or"
                            + " a primary one.",
                    "Add the dependency io.github.agentcompaction:compaction-spring-ai, mark one ChatMemory as @Primary, or"
                            + " remove the key.");
        }
    }

    SessionCompactionState state(String agent) {
        AgentSettings settings = properties.settingsOf(agent);
        SessionCompactionState.Builder builder = SessionCompactionState.builder()
                .agent(agent)
                .ttl(settings.ttl())
                .maxSize(settings.maxSize());
        listeners.get().forEach(builder::listener);
        stateCustomizers.get().forEach(customizer -> customizer.customize(agent, builder));
        return builder.build();
    }

    CompactionTemplate template(String agent, SessionCompactionState state, Compactor compactor) {
        AgentSettings settings = properties.settingsOf(agent);
        CompactionTemplate.Builder builder = CompactionTemplate.builder(state, compactor)
                .lockTimeout(settings.lockTimeout())
                .maxCompactions(settings.maxCompactions())
                .maxFailures(settings.maxFailures())
                .failureCooldown(settings.failureCooldown());
        if (virtualThreads != null) {
            builder.executor(virtualThreads);
        }
        templateCustomizers.get().forEach(customizer -> customizer.customize(agent, builder));
        return builder.build();
    }

    CompactionStates states(Map<String, SessionCompactionState> byAgent) {
        Map<String, SessionCompactionState> states = new LinkedHashMap<>(byAgent);
        byAgent.forEach(AgentBeans::warnIfNamedOtherwise);
        allStates
                .orderedStream()
                .filter(state -> !byAgent.containsValue(state))
                .forEach(state -> addOwn(states, state));
        if (AotDetector.useGeneratedArtifacts()) {
            configured.stream().filter(agent -> !states.containsKey(agent)).forEach(AgentBeans::warnOfFrozenAgents);
        }
        return new CompactionStates(states);
    }

    /** Looks the beans up when the first agent needs them, and not again for each of a thousand. */
    private static <T> Supplier<List<T>> once(ObjectProvider<T> beans) {
        return SingletonSupplier.of(() -> beans.orderedStream().toList());
    }

    private static void addOwn(Map<String, SessionCompactionState> states, SessionCompactionState state) {
        if (states.putIfAbsent(state.agent(), state) != null) {
            logger.warn("There is a second state for the agent '" + state.agent() + "': " + state
                    + ". It is missing in CompactionStates, metrics and Actuator. Name it with another agent(...).");
        }
    }

    private static void warnIfNamedOtherwise(String agent, SessionCompactionState state) {
        if (!state.agent().equals(agent)) {
            logger.warn("The state bean for the agent '" + agent + "' calls itself '" + state.agent()
                    + "', and so do its log messages and metrics. Build it with agent(\"" + agent + "\").");
        }
    }

    private static void warnOfFrozenAgents(String agent) {
        logger.warn(
                "The agent '" + agent + "' is configured but has no beans: ahead-of-time processing fixed the agents"
                        + " when the application was built. Build it with this agent configured.");
    }
}
