package io.github.agentcompaction.spring.boot.actuate;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;

/** Auto-configuration of the agents' health, {@code compaction} in the health endpoint, with one entry for each agent. */
@AutoConfiguration(after = CompactionAutoConfiguration.class)
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE - 80) // else CompactionAutoConfiguration would come early, too
@ConditionalOnClass({HealthContributor.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(CompactionStates.class)
@ConditionalOnEnabledHealthIndicator("compaction")
public final class CompactionHealthContributorAutoConfiguration {

    CompactionHealthContributorAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = {"compactionHealthIndicator", "compactionHealthContributor"})
    CompositeHealthContributor compactionHealthContributor(CompactionStates states) {
        Map<String, SessionCompactionState> byPath = new LinkedHashMap<>();
        // A slash would end the name in a health path. An agent without one keeps its name.
        List<String> agents = new ArrayList<>(states.names());
        agents.sort(Comparator.comparing(agent -> agent.contains("/")));
        for (String agent : agents) {
            String path = agent.replace('/', '_');
            while (byPath.putIfAbsent(path, states.get(agent)) != null) {
                path += "_";
            }
        }
        return new AgentsHealth(byPath);
    }
}
