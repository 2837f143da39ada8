package io.github.agentcompaction.sample.web;

import io.github.agentcompaction.sample.agent.ComparedAgent;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/** The agents by their names, as requests name them. */
@Component
final class Agents {

    /** The agent of a request that names none. */
    static final String DEFAULT = "planner";

    private final Map<String, ComparedAgent> byName = new TreeMap<>();

    Agents(List<ComparedAgent> agents) {
        agents.forEach(agent -> byName.put(agent.name(), agent));
    }

    ComparedAgent get(@Nullable String name) {
        ComparedAgent agent = byName.get(name == null ? DEFAULT : name);
        if (agent == null) {
            throw new ResponseStatusException(
                    HttpStatus.BAD_REQUEST, "'agent' must be one of: " + String.join(", ", byName.keySet()) + ".");
        }
        return agent;
    }
}
