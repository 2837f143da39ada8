package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.Compactor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says which compactor serves which agent: the agent's own, or one for all. */
final class AgentCompactors {

    private final AgentDefinitions definitions;
    private final @Nullable String shared;

    AgentCompactors(AgentDefinitions definitions) {
        this.definitions = definitions;
        this.shared = findShared(definitions);
    }

    /** {@return the bean name of the agent's compactor, or null if it has none or it is not clear which} */
    @Nullable
    String find(String agent) {
        String own = definitions.find(Compactor.class, agent);
        return own != null ? own : shared;
    }

    private static @Nullable String findShared(AgentDefinitions definitions) {
        Set<String> taken = new HashSet<>(definitions.agents());
        definitions.agents().forEach(agent -> taken.add(AgentDefinitions.beanName(Compactor.class, agent)));
        List<String> candidates = definitions.names(Compactor.class).stream()
                .filter(name -> definitions.isPrimary(name) || !definitions.matches(name, taken))
                .toList();
        List<String> primary =
                candidates.stream().filter(definitions::isPrimary).toList();
        List<String> left = primary.isEmpty() ? candidates : primary;
        return left.size() == 1 ? left.get(0) : null;
    }
}
