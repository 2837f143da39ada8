package io.github.agentcompaction.spring.boot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStateCustomizer;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import java.util.Objects;
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
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
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

    private static SessionCompactionState state(String agent) {
        return SessionCompactionState.builder().agent(agent).build();
    }

    private static int summaries(CompositeHealthContributor agents, String name) {
        HealthIndicator indicator = (HealthIndicator) Objects.requireNonNull(agents.getContributor(name), name);
        Health health = Objects.requireNonNull(indicator.health());
        return (int) Objects.requireNonNull(health.getDetails().get("summaries"));
    }

    @Test
    void descriptors_haveHintsForNativeImages() {
        RuntimeHints hints = new RuntimeHints();

        new ReflectiveRuntimeHintsRegistrar().registerRuntimeHints(hints, CompactionEndpoint.class);

        assertThat(hints)
                .matches(RuntimeHintsPredicates.reflection().onType(CompactionEndpoint.AgentDescriptor.class))
                .matches(RuntimeHintsPredicates.reflection().onType(CompactionEndpoint.SessionDescriptor.class))
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
            return new CompactionEndpoint(states, properties);
        }
    }
}
