package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStore.AgentStore;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.aot.AotDetector;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.boot.thread.Threading;
import org.springframework.core.env.Environment;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.util.function.SingletonSupplier;

/** Builds the beans whose definitions {@link AgentBeansRegistrar} makes; they call it by the names of its methods. */
final class AgentBeans {

    private static final Log logger = LogFactory.getLog(AgentBeans.class);

    private final CompactionProperties properties;
    private final Environment environment;
    private final Supplier<List<CompactionListener>> listeners;
    private final Supplier<List<CompactionStateCustomizer>> stateCustomizers;
    private final Supplier<List<CompactionTemplateCustomizer>> templateCustomizers;
    private final ObjectProvider<SessionCompactionState> allStates;
    private final ObjectProvider<CompactionStore> store;

    AgentBeans(
            CompactionProperties properties,
            Environment environment,
            ObjectProvider<CompactionListener> listeners,
            ObjectProvider<CompactionStateCustomizer> stateCustomizers,
            ObjectProvider<CompactionTemplateCustomizer> templateCustomizers,
            ObjectProvider<SessionCompactionState> allStates,
            ObjectProvider<CompactionStore> store) {
        this.properties = properties;
        this.environment = environment;
        this.listeners = once(listeners);
        this.stateCustomizers = once(stateCustomizers);
        this.templateCustomizers = once(templateCustomizers);
        this.allStates = allStates;
        this.store = store;
    }

    SessionCompactionState state(String agent) {
        AgentSettings settings = properties.settingsOf(agent);
        SessionCompactionState.Builder builder =
                SessionCompactionState.builder().agent(agent);
        PropertyMapper map = PropertyMapper.get();
        map.from(settings::ttl).to(builder::ttl);
        map.from(settings::maxSize).to(builder::maxSize);
        if (properties.enabled()) {
            store.ifAvailable(shared -> share(agent, settings, shared, builder));
        }
        listeners.get().forEach(builder::listener);
        stateCustomizers.get().forEach(customizer -> customizer.customize(agent, builder));
        return builder.build();
    }

    private void share(
            String agent, AgentSettings settings, CompactionStore store, SessionCompactionState.Builder builder) {
        AgentStore own =
                store.agent(agent, Objects.requireNonNullElse(settings.ttl(), SessionCompactionState.DEFAULT_TTL));
        builder.store(own.leases()).summaries(own.summaries()).onUnavailable(properties.onUnavailable());
        PropertyMapper.get().from(properties::replica).whenHasText().to(builder::replica);
    }

    CompactionTemplate template(String agent, SessionCompactionState state, Compactor compactor) {
        AgentSettings settings = properties.settingsOf(agent);
        CompactionTemplate.Builder builder = CompactionTemplate.builder(state, compactor);
        PropertyMapper map = PropertyMapper.get();
        map.from(settings::lockTimeout).to(builder::lockTimeout);
        map.from(settings::maxCompactions).to(builder::maxCompactions);
        map.from(settings::maxFailures).to(builder::maxFailures);
        map.from(settings::failureCooldown).to(builder::failureCooldown);
        map.from(settings::maxBackground).to(builder::maxBackground);
        builder.enabled(properties.enabled());
        if (Threading.VIRTUAL.isActive(environment)) {
            builder.executor(new VirtualThreadTaskExecutor("agent-compaction-"));
        }
        templateCustomizers.get().forEach(customizer -> customizer.customize(agent, builder));
        return builder.build();
    }

    CompactionStates states(Map<String, SessionCompactionState> byAgent) {
        Map<String, SessionCompactionState> states = new LinkedHashMap<>(byAgent);
        if (!properties.enabled()) {
            logger.info(
                    "Compaction is switched off by compaction.enabled=false: the starter's templates, and the advisors on"
                            + " them, run tasks as they are, pass their errors through, and compact nothing.");
        }
        byAgent.forEach(AgentBeans::warnIfNamedOtherwise);
        allStates
                .orderedStream()
                .filter(state -> !byAgent.containsValue(state))
                .forEach(state -> addOwn(states, state));
        if (AotDetector.useGeneratedArtifacts()) {
            ConfiguredAgents.read(environment).stream()
                    .filter(agent -> !states.containsKey(agent))
                    .forEach(AgentBeans::warnOfFrozenAgents);
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
            logger.warn("The state bean of the agent '" + agent + "' has the name '" + state.agent()
                    + "', which its log messages and metrics show. Build it with agent(\"" + agent + "\").");
        }
    }

    private static void warnOfFrozenAgents(String agent) {
        logger.warn(
                "The agent '" + agent + "' is configured but has no beans: ahead-of-time processing fixed the agents"
                        + " when the application was built. Build it with this agent configured.");
    }
}
