package io.github.agentcompaction.spring.boot.actuate;

import io.github.agentcompaction.CompactionListener;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the compactions of each agent have come to since the start, for {@link CompactionEndpoint}; needs no meter registry.
 *
 * <p>Counts what the {@link #listener(String)} of each agent hears, which the starter adds to the states that it builds. To a state
 * of its own the application adds it: {@code .listener(compactionCounts.listener("planner"))}.
 *
 * <p><b>Thread safety.</b> All methods may be called from any thread.
 */
public final class CompactionCounts {

    private final Map<String, AgentCounts> agents = new ConcurrentHashMap<>();

    /** Makes one that has counted nothing. */
    public CompactionCounts() {}

    /**
     * Finds or creates the listener that counts for an agent.
     *
     * @param agent the agent's name
     * @return the listener, to be added to the agent's state and to no other
     */
    public CompactionListener listener(String agent) {
        return agents.computeIfAbsent(agent, name -> new AgentCounts());
    }

    /** {@return what was counted for an agent; empty where nothing counts for it} */
    Optional<CompactionEndpoint.Compactions> of(String agent) {
        return Optional.ofNullable(agents.get(agent)).map(AgentCounts::soFar);
    }
}
