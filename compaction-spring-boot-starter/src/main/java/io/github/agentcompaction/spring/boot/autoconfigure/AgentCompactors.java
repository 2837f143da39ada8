package io.github.agentcompaction.spring.boot.autoconfigure;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says which compactor serves which agent: the agent's own, or one for all. */
final class AgentCompactors {

    private static final String SUFFIX = "Compactor";

    private final OwnBeans compactors;
    private final @Nullable String shared;

    AgentCompactors(OwnBeans compactors, Collection<String> agents) {
        this.compactors = compactors;
        this.shared = findShared(compactors, agents);
    }

    /** {@return the bean name of the agent's compactor, or null if it has none or it is not clear which} */
    @Nullable
    String find(String agent) {
        String own = compactors.find(agent, agent + SUFFIX);
        return own != null ? own : shared;
    }

    private static @Nullable String findShared(OwnBeans compactors, Collection<String> agents) {
        Set<String> taken = new HashSet<>(agents);
        agents.forEach(agent -> taken.add(agent + SUFFIX));
        List<String> candidates = compactors.names().stream()
                .filter(name -> compactors.isPrimary(name) || !compactors.matches(name, taken))
                .toList();
        List<String> primary = candidates.stream().filter(compactors::isPrimary).toList();
        List<String> left = primary.isEmpty() ? candidates : primary;
        return left.size() == 1 ? left.get(0) : null;
    }
}
