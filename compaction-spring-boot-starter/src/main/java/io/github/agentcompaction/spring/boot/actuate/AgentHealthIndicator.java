package io.github.agentcompaction.spring.boot.actuate;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.store.LeaseStore;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * The health of one agent: up, with counts, unless the store that replicas share does not answer. A summary that takes long, or
 * a long queue for it, is no reason to take a service out of rotation.
 */
final class AgentHealthIndicator implements HealthIndicator {

    /** Any id will do: the store is asked whether it answers, and looking changes nothing. */
    private static final String ANY_SESSION = "health";

    private final SessionCompactionState state;

    AgentHealthIndicator(SessionCompactionState state) {
        this.state = state;
    }

    @Override
    public Health health() {
        Health.Builder health = Health.up();
        state.store().ifPresent(store -> ask(store, health));
        return health.withDetail("locks", state.lockCount())
                .withDetail("held", state.heldCount())
                .withDetail("waiting", state.waitingCount())
                .withDetail("summaries", state.summaryCount())
                .build();
    }

    private static void ask(LeaseStore store, Health.Builder health) {
        try {
            store.inspect(ANY_SESSION)
                    .toCompletableFuture()
                    .orTimeout(10, TimeUnit.SECONDS)
                    .join();
            health.withDetail("store", "answers");
        } catch (CompletionException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            health.down(reason)
                    .withDetail(
                            "store",
                            reason instanceof TimeoutException ? "does not answer in time" : "does not answer");
        }
    }
}
