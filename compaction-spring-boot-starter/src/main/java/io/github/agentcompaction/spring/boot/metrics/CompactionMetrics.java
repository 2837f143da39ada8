package io.github.agentcompaction.spring.boot.metrics;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.SessionCompactionState;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The meters of all agents, under {@code compaction.}, with the tag {@code agent} and never a session's id.
 *
 * <p>Counters and timers are fed by the {@link #listener(String)} of each agent, which the starter adds to the states that
 * it builds. A state that the application builds itself has the gauges at once; for the rest, add the listener:
 *
 * <pre>{@code
 * @Bean
 * SessionCompactionState plannerCompactionState(CompactionMetrics metrics) {
 *     return SessionCompactionState.builder().agent("planner").listener(metrics.listener("planner")).build();
 * }
 * }</pre>
 *
 * <p>All meters of an agent are there from the start, so a dashboard shows zero before the first event. Events before a
 * registry is bound are lost for that registry; Spring Boot binds them before the application is ready.
 *
 * <p><b>Thread safety.</b> All methods may be called from any thread.
 */
public final class CompactionMetrics implements MeterBinder {

    private final Supplier<? extends Iterable<SessionCompactionState>> states;
    private final List<MeterRegistry> registries = new ArrayList<>();
    private final Map<String, MeteringListener> listeners = new LinkedHashMap<>();

    /**
     * Makes the meters of the given agents.
     *
     * @param states all states to have gauges; asked whenever a registry is bound, and not before
     */
    public CompactionMetrics(Supplier<? extends Iterable<SessionCompactionState>> states) {
        this.states = states;
    }

    /**
     * Finds or creates the listener that feeds the meters of an agent.
     *
     * @param agent the agent's name, the value of the tag {@code agent}
     * @return the listener, to be added to the agent's state and to no other
     */
    public CompactionListener listener(String agent) {
        synchronized (listeners) {
            return listenerFor(agent);
        }
    }

    /**
     * Registers the meters of all agents. Called once for each registry; further calls do no harm.
     *
     * @param registry where to register them
     */
    @Override
    public void bindTo(MeterRegistry registry) {
        Iterable<SessionCompactionState> bound = states.get(); // outside: it may build states, which ask for listeners
        synchronized (listeners) {
            if (!registries.contains(registry)) {
                registries.add(registry);
                listeners.forEach((agent, listener) -> listener.feed(new AgentMeters(agent, registry)));
            }
            for (SessionCompactionState state : bound) {
                listenerFor(state.agent());
                AgentMeters.gauge(state, registry);
            }
        }
    }

    private MeteringListener listenerFor(String agent) {
        return listeners.computeIfAbsent(agent, name -> {
            MeteringListener listener = new MeteringListener();
            registries.forEach(registry -> listener.feed(new AgentMeters(name, registry)));
            return listener;
        });
    }
}
