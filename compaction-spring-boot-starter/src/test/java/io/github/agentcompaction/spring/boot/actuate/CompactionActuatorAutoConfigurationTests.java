package io.github.agentcompaction.spring.boot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.actuate.CompactionEndpoint.AgentDescriptor;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStateCustomizer;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.StoredSession;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.annotation.ReflectiveRuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthContributors;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class CompactionActuatorAutoConfigurationTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    CompactionAutoConfiguration.class,
                    CompactionEndpointAutoConfiguration.class,
                    CompactionHealthContributorAutoConfiguration.class))
            .withPropertyValues("management.endpoints.web.exposure.include=compaction");

    @Test
    void endpoint_backsOffForTheApplicationsOwn() {
        runner.withUserConfiguration(OwnEndpoint.class)
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionEndpoint.class)
                        .hasBean("mine"));
    }

    @Test
    void endpoint_needsActuator() {
        runner.withClassLoader(new FilteredClassLoader(Endpoint.class))
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionStates.class)
                        .doesNotHaveBean("compactionEndpoint"));
    }

    @Test
    void endpoint_needsExposure() {
        runner.withPropertyValues("management.endpoints.web.exposure.include=health")
                .run(context -> assertThat(context).doesNotHaveBean(CompactionEndpoint.class));
    }

    /** There is no meter registry. */
    @Test
    void compactions_areCounted() {
        runner.withBean(Compactor.class, () -> session -> Optional.of("summary"))
                .withPropertyValues("compaction.agents.planner=")
                .run(context -> {
                    context.getBean(CompactionTemplate.class).compact("s");

                    assertThat(outcomes(context)).containsEntry("compacted", 1L);
                });
    }

    @Test
    void compactions_ofAnOwnState_areCountedWhereItAsks() {
        runner.withPropertyValues("compaction.agents.planner=", "compaction.agents.researcher=")
                .withBean("plannerCompactionState", SessionCompactionState.class, () -> state("planner"))
                .withUserConfiguration(OwnCountedState.class)
                .run(context -> {
                    CompactionEndpoint endpoint = context.getBean(CompactionEndpoint.class);
                    assertThat(Objects.requireNonNull(endpoint.agent("planner")).compactions())
                            .isNull();
                    assertThat(Objects.requireNonNull(endpoint.agent("researcher"))
                                    .compactions())
                            .isNotNull();
                });
    }

    private static Map<String, Long> outcomes(ApplicationContext context) {
        AgentDescriptor agent =
                Objects.requireNonNull(context.getBean(CompactionEndpoint.class).agent("planner"));
        return Objects.requireNonNull(agent.compactions()).outcomes();
    }

    @Test
    void health_needsContributors() {
        runner.withClassLoader(new FilteredClassLoader(HealthContributor.class))
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionStates.class)
                        .doesNotHaveBean("compactionHealthContributor"));
    }

    @Test
    void health_hasAnEntryForAnAgentWithSlash() {
        runner.withPropertyValues("spring.application.name=tenant/planner")
                .run(context -> assertThat(context.getBean(CompositeHealthContributor.class).stream()
                                .map(HealthContributors.Entry::name))
                        .containsExactly("tenant_planner"));
    }

    @Test
    void health_agentsThatOnlyTheSlashTellsApart_haveAnEntryEach() {
        runner.withBean("one", SessionCompactionState.class, () -> state("a/b"))
                .withBean("two", SessionCompactionState.class, () -> state("a_b"))
                .run(context -> {
                    CompositeHealthContributor health = context.getBean(CompositeHealthContributor.class);
                    CompactionStates states = context.getBean(CompactionStates.class);
                    states.get("a_b").storeSummary("s", "text");

                    assertThat(summaries(health, "a_b")).isEqualTo(1);
                    assertThat(summaries(health, "a_b_")).isZero();
                });
    }

    /** The first store answers when the second is asked: one that is down is waited for once, not once for each agent. */
    @Test
    void health_asksAllStoresBeforeItWaits() {
        LeaseStore first = mock();
        LeaseStore second = mock();
        CompletableFuture<StoredSession> answer = new CompletableFuture<>();
        given(first.inspect(any())).willReturn(answer);
        given(second.inspect(any())).willAnswer(asked -> {
            answer.complete(StoredSession.UNKNOWN);
            return answer;
        });
        runner.withBean("one", SessionCompactionState.class, () -> state("a", first))
                .withBean("two", SessionCompactionState.class, () -> state("b", second))
                .run(context -> {
                    List<String> answers = context.getBean(CompositeHealthContributor.class).stream()
                            .map(HealthContributors.Entry::contributor)
                            .map(agent -> (String) health(agent).getDetails().get("store"))
                            .toList();

                    assertThat(answers).containsExactly("answers", "answers");
                });
    }

    @Test
    void health_lookedAtAgain_asksAgain() {
        LeaseStore store = mock();
        given(store.inspect(any())).willReturn(CompletableFuture.completedFuture(StoredSession.UNKNOWN));
        runner.withBean(SessionCompactionState.class, () -> state("a", store)).run(context -> {
            HealthContributor agent = context.getBean(CompositeHealthContributor.class).stream()
                    .findFirst()
                    .orElseThrow()
                    .contributor();
            assertThat(health(agent).getStatus()).isEqualTo(Status.UP);
            given(store.inspect(any())).willReturn(CompletableFuture.failedFuture(new IOException("down")));

            assertThat(health(agent).getStatus()).isEqualTo(Status.DOWN);
        });
    }

    private static SessionCompactionState state(String agent, LeaseStore store) {
        return SessionCompactionState.builder().agent(agent).store(store).build();
    }

    private static SessionCompactionState state(String agent) {
        return SessionCompactionState.builder().agent(agent).build();
    }

    private static int summaries(CompositeHealthContributor agents, String name) {
        Health health = health(Objects.requireNonNull(agents.getContributor(name), name));
        return (int) Objects.requireNonNull(health.getDetails().get("summaries"));
    }

    private static Health health(HealthContributor agent) {
        return Objects.requireNonNull(((HealthIndicator) agent).health());
    }

    @Test
    void descriptors_haveHintsForNativeImages() {
        RuntimeHints hints = new RuntimeHints();

        new ReflectiveRuntimeHintsRegistrar().registerRuntimeHints(hints, CompactionEndpoint.class);

        assertThat(hints)
                .matches(RuntimeHintsPredicates.reflection().onType(CompactionEndpoint.AgentDescriptor.class))
                .matches(RuntimeHintsPredicates.reflection().onType(CompactionEndpoint.SessionDescriptor.class))
                .matches(RuntimeHintsPredicates.reflection().onType(CompactionEndpoint.Compactions.class))
                .matches(RuntimeHintsPredicates.reflection().onType(CompactionEndpoint.Tokens.class))
                .matches(RuntimeHintsPredicates.reflection().onType(CompactionEndpoint.AgentsDescriptor.class))
                .matches(RuntimeHintsPredicates.reflection().onType(CompactionEndpoint.Counts.class));
    }

    @Test
    void endpoint_takesTheStatesOwnSettingsOverConfiguredOnes() {
        runner.withPropertyValues("compaction.agents.planner.max-size=7")
                .withBean(CompactionStateCustomizer.class, () -> (agent, builder) -> builder.maxSize(9))
                .run(context -> {
                    assertThat(context.getBean(CompactionProperties.class)
                                    .settingsOf("planner")
                                    .maxSize())
                            .isEqualTo(7);
                    assertThat(context.getBean(CompactionEndpoint.class).agent("planner"))
                            .extracting(agent -> agent.settings().maxSize())
                            .isEqualTo(9L);
                });
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnEndpoint {
        @Bean
        CompactionEndpoint mine(CompactionStates states, CompactionProperties properties) {
            return new CompactionEndpoint(states, properties, new CompactionCounts());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnCountedState {
        @Bean
        SessionCompactionState researcherCompactionState(CompactionCounts counts) {
            return SessionCompactionState.builder()
                    .agent("researcher")
                    .listener(counts.listener("researcher"))
                    .build();
        }
    }
}
