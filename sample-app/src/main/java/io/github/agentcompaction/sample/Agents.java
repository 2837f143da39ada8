package io.github.agentcompaction.sample;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** The agents by their names, as requests name them. */
@Component
final class Agents {

    /** The one that is meant if none is named. */
    static final String DEFAULT = "planner";

    private static final int MAX_ID_LENGTH = 100;

    private final Map<String, Agent> byName = new TreeMap<>();

    Agents(List<Agent> agents) {
        agents.forEach(agent -> byName.put(agent.name(), agent));
    }

    Agent get(@Nullable String name) {
        Agent agent = byName.get(name == null ? DEFAULT : name);
        if (agent == null) {
            throw new BadRequestException("'agent' must be one of: " + String.join(", ", byName.keySet()) + ".");
        }
        return agent;
    }

    static String requireValidId(String sessionId) {
        if (sessionId.isBlank() || sessionId.length() > MAX_ID_LENGTH) {
            throw new BadRequestException(
                    "The session's id must have 1 to %d characters and not be blank.".formatted(MAX_ID_LENGTH));
        }
        return sessionId;
    }
}
