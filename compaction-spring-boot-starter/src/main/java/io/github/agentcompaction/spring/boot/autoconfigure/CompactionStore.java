package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.SummaryStore;
import java.time.Duration;

/**
 * The store that the replicas of the service share, as the agents' states are given it. There is one where
 * {@code compaction.store} is set; an application may define its own instead.
 */
public interface CompactionStore {

    /**
     * Finds the part of the store that belongs to an agent.
     *
     * @param agent the agent's name
     * @param ttl how long unread summaries and idle sessions are kept
     * @return the agent's leases and summaries
     */
    AgentStore agent(String agent, Duration ttl);

    /**
     * What belongs to an agent.
     *
     * @param leases the agent's leases
     * @param summaries the agent's deferred summaries
     */
    record AgentStore(LeaseStore leases, SummaryStore summaries) {}
}
