package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.SessionCompactionState;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

/**
 * The states of all agents by name, for code that learns the agent's name only at run time. Immutable, thread-safe.
 *
 * <p>It holds the configured agents in the order of the configuration, then the states of other agents that the
 * application defines itself.
 */
public final class CompactionStates implements Iterable<SessionCompactionState> {

    private final Map<String, SessionCompactionState> states;

    CompactionStates(Map<String, SessionCompactionState> states) {
        this.states = Collections.unmodifiableMap(new LinkedHashMap<>(states));
    }

    /**
     * Finds the state of an agent.
     *
     * @param agent the agent's name
     * @return the agent's state
     * @throws NoSuchElementException if there is no such agent; the message names those that there are
     */
    public SessionCompactionState get(String agent) {
        SessionCompactionState state = states.get(agent);
        if (state == null) {
            throw new NoSuchElementException("There is no agent '" + agent + "'. Agents: "
                    + (states.isEmpty() ? "none" : String.join(", ", states.keySet()))
                    + ". Add it under compaction.agents.");
        }
        return state;
    }

    /** {@return the names of all agents} */
    public Set<String> names() {
        return states.keySet();
    }

    /** {@return the states of all agents, in the order of {@link #names()}} */
    @Override
    public Iterator<SessionCompactionState> iterator() {
        return states.values().iterator();
    }

    @Override
    public String toString() {
        return "CompactionStates" + states.keySet();
    }
}
