package io.github.agentcompaction.spring.boot.actuate;

import io.github.agentcompaction.SessionCompactionState;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;

/** The health of all agents: their stores are asked together, so that one that is down costs one time limit, not one for each agent. */
final class AgentsHealth implements CompositeHealthContributor {

    private final Map<String, SessionCompactionState> byPath;

    AgentsHealth(Map<String, SessionCompactionState> byPath) {
        this.byPath = byPath;
    }

    @Override
    public @Nullable HealthContributor getContributor(String path) {
        SessionCompactionState state = byPath.get(path);
        return state == null ? null : new AgentHealthIndicator(state);
    }

    @Override
    public Stream<Entry> stream() {
        List<Entry> all = byPath.entrySet().stream()
                .map(agent -> new Entry(agent.getKey(), AgentHealthIndicator.asked(agent.getValue())))
                .toList(); // before the first of them waits
        return all.stream();
    }
}
