package io.github.agentcompaction.spring.boot.actuate;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.StoredSession;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
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

    /** The store's answer, if it was asked ahead of time: for one look at the health. */
    private final AtomicReference<@Nullable CompletableFuture<StoredSession>> ahead = new AtomicReference<>();

    AgentHealthIndicator(SessionCompactionState state) {
        this.state = state;
    }

    /** {@return the health of an agent whose store has been asked} */
    static AgentHealthIndicator asked(SessionCompactionState state) {
        AgentHealthIndicator health = new AgentHealthIndicator(state);
        state.store().ifPresent(store -> health.ahead.set(ask(store)));
        return health;
    }

    @Override
    public Health health() {
        Health.Builder health = Health.up();
        state.store().ifPresent(store -> {
            CompletableFuture<StoredSession> asked = ahead.getAndSet(null);
            await(asked != null ? asked : ask(store), health);
        });
        return health.withDetail("locks", state.lockCount())
                .withDetail("held", state.heldCount())
                .withDetail("waiting", state.waitingCount())
                .withDetail("summaries", state.summaryCount())
                .build();
    }

    private static CompletableFuture<StoredSession> ask(LeaseStore store) {
        return store.inspect(ANY_SESSION).toCompletableFuture().orTimeout(10, TimeUnit.SECONDS);
    }

    private static void await(CompletableFuture<StoredSession> answer, Health.Builder health) {
        try {
            answer.join();
            health.withDetail("store", "answers");
        } catch (CompletionException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            health.down(reason).withDetail("store", outcome(reason));
        }
    }

    private static String outcome(Throwable reason) {
        if (reason instanceof IllegalStateException) { // as where the history is not written in its transactions
            return "refuses";
        }
        return reason instanceof TimeoutException ? "does not answer in time" : "does not answer";
    }
}
