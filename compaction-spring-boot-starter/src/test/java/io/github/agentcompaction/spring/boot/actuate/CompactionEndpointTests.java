package io.github.agentcompaction.spring.boot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.actuate.CompactionEndpoint.SessionDescriptor;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.StoredSession;
import io.github.agentcompaction.store.StoredSummary;
import io.github.agentcompaction.store.SummaryStore;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class CompactionEndpointTests {

    private final CompletableFuture<Void> askedForTheSummary = new CompletableFuture<>();

    /** One after the other they would take two time limits of a store that is down. */
    @Test
    void session_isAskedForLeaseAndSummaryAtOnce() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        CompactionAutoConfiguration.class, CompactionEndpointAutoConfiguration.class))
                .withPropertyValues("management.endpoints.web.exposure.include=compaction")
                .withBean("shared", SessionCompactionState.class, this::state)
                .run(context -> {
                    SessionDescriptor session = (SessionDescriptor) Objects.requireNonNull(
                            context.getBean(CompactionEndpoint.class).session("agent", "s"));

                    assertThat(session.summaryAge()).isEqualTo(Duration.ofSeconds(3));
                    assertThat(session.store())
                            .extracting(store -> store.answers())
                            .isEqualTo(true);
                });
    }

    private SessionCompactionState state() {
        Object store = Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {LeaseStore.class, SummaryStore.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "lease" -> Duration.ofSeconds(30);
                    case "onReleased" -> (AutoCloseable) () -> {};
                    case "inspect" -> askedForTheSummary.thenApply(asked -> StoredSession.UNKNOWN);
                    case "peek" -> {
                        askedForTheSummary.complete(null);
                        yield CompletableFuture.completedFuture(
                                Optional.of(new StoredSummary("text", Duration.ofSeconds(3))));
                    }
                    default -> throw new UnsupportedOperationException(method.getName());
                });
        return SessionCompactionState.builder()
                .agent("agent")
                .store((LeaseStore) store)
                .summaries((SummaryStore) store)
                .build();
    }
}
