package io.github.agentcompaction.spring.boot.actuate;

import io.github.agentcompaction.SessionCompactionState;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * The health of one agent: up, with counts. A state in this process cannot be down, and a summary that takes long, or a
 * long queue for it, is no reason to take a service out of rotation.
 */
final class AgentHealthIndicator implements HealthIndicator {

    private final SessionCompactionState state;

    AgentHealthIndicator(SessionCompactionState state) {
        this.state = state;
    }

    @Override
    public Health health() {
        return Health.up()
                .withDetail("locks", state.lockCount())
                .withDetail("held", state.heldCount())
                .withDetail("waiting", state.waitingCount())
                .withDetail("summaries", state.summaryCount())
                .build();
    }
}
