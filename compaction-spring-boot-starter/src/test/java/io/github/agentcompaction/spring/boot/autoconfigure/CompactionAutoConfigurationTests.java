package io.github.agentcompaction.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.OnUnavailable;
import io.github.agentcompaction.SessionCompactionState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.annotation.Order;

class CompactionAutoConfigurationTests {

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(CompactionAutoConfiguration.class));

    @Test
    void agents_haveStatesWithTheirSettings() {
        runner.withPropertyValues(
                        "compaction.ttl=2h",
                        "compaction.agents.planner.ttl=30m",
                        "compaction.agents.planner.max-size=50000",
                        "compaction.agents.researcher=")
                .run(context -> {
                    SessionCompactionState planner =
                            context.getBean("plannerCompactionState", SessionCompactionState.class);
                    SessionCompactionState researcher =
                            context.getBean("researcherCompactionState", SessionCompactionState.class);

                    assertThat(planner.agent()).isEqualTo("planner");
                    assertThat(planner.ttl()).isEqualTo(Duration.ofMinutes(30));
                    assertThat(planner.maxSize()).isEqualTo(50_000);
                    assertThat(researcher.agent()).isEqualTo("researcher");
                    assertThat(researcher.ttl()).isEqualTo(Duration.ofHours(2));
                    assertThat(researcher.maxSize()).isEqualTo(10_000);
                });
    }

    @Test
    void agents_areInjectedByQualifier() {
        runner.withUserConfiguration(OneCompactor.class, TwoAgentsUser.class)
                .withPropertyValues("compaction.agents.planner=", "compaction.agents.researcher=")
                .run(context -> {
                    TwoAgentsUser user = context.getBean(TwoAgentsUser.class);

                    assertThat(user.planner.agent()).isEqualTo("planner");
                    assertThat(user.researcher.agent()).isEqualTo("researcher");
                    assertThat(user.template.state()).isSameAs(user.researcher);
                });
    }

    @Test
    void singleAgent_isInjectedByType() {
        runner.withUserConfiguration(OneCompactor.class, OneAgentUser.class)
                .withPropertyValues("compaction.agents.planner.ttl=1m")
                .run(context -> {
                    OneAgentUser user = context.getBean(OneAgentUser.class);

                    assertThat(user.state.agent()).isEqualTo("planner");
                    assertThat(user.template.state()).isSameAs(user.state);
                });
    }

    @Test
    void noAgents_oneNamedAfterTheApplication() {
        runner.withPropertyValues("spring.application.name=shop-assistant").run(context -> {
            assertThat(context.getBean(SessionCompactionState.class).agent()).isEqualTo("shop-assistant");
            assertThat(context).hasBean("shop-assistantCompactionState");
        });
    }

    @Test
    void noAgentsAndNoApplicationName_oneCalledDefault() {
        runner.run(context -> assertThat(
                        context.getBean(SessionCompactionState.class).agent())
                .isEqualTo("default"));
    }

    @Test
    void enabled_mistyped_stopsTheStart() {
        runner.withPropertyValues("compaction.enabled=flase")
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining("flase"));
    }

    @Test
    void states_findsConfiguredAndOwnAgents() {
        runner.withUserConfiguration(OtherAgent.class)
                .withPropertyValues("compaction.agents.b=", "compaction.agents.a=")
                .run(context -> {
                    CompactionStates states = context.getBean(CompactionStates.class);

                    assertThat(states.names()).containsExactlyInAnyOrder("b", "a", "other");
                    assertThat(states.get("a")).isSameAs(context.getBean("aCompactionState"));
                    assertThat(states.get("other")).isSameAs(context.getBean("somethingElse"));
                    assertThat(states).hasSize(3);
                    assertThatThrownBy(() -> states.get("c"))
                            .isInstanceOf(NoSuchElementException.class)
                            .hasMessageContaining("'c'")
                            .hasMessageContaining("other");
                });
    }

    @Test
    void ownState_byConventionalName_backsOff() {
        runner.withUserConfiguration(OwnByName.class)
                .withPropertyValues(TWO_AGENTS)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(context.getBean("plannerCompactionState", SessionCompactionState.class)
                                    .maxSize())
                            .isEqualTo(7);
                    assertOthersAreThere(context.getBean(CompactionStates.class), 7);
                });
    }

    @Test
    void ownState_byAlias_backsOff() {
        runner.withUserConfiguration(OwnByAlias.class)
                .withPropertyValues(TWO_AGENTS)
                .run(context -> {
                    assertThat(context).doesNotHaveBean("plannerCompactionState");
                    assertOthersAreThere(context.getBean(CompactionStates.class), 8);
                });
    }

    @Test
    void ownState_byQualifier_backsOff() {
        runner.withUserConfiguration(OwnByQualifier.class, OneCompactor.class, TwoAgentsUser.class)
                .withPropertyValues(TWO_AGENTS)
                .run(context -> {
                    assertThat(context).doesNotHaveBean("plannerCompactionState");
                    assertOthersAreThere(context.getBean(CompactionStates.class), 9);
                    assertThat(context.getBean(TwoAgentsUser.class).planner.maxSize())
                            .isEqualTo(9);
                    assertThat(context.getBean("plannerCompactionTemplate", CompactionTemplate.class)
                                    .state()
                                    .maxSize())
                            .isEqualTo(9);
                });
    }

    @Test
    void ownState_withoutConfiguredAgents_backsOff() {
        runner.withUserConfiguration(OtherAgent.class)
                .run(context -> assertThat(context)
                        .hasSingleBean(SessionCompactionState.class)
                        .hasBean("somethingElse"));
    }

    @Test
    void ownTemplate_backsOff() {
        runner.withUserConfiguration(OneCompactor.class, OwnTemplate.class)
                .withPropertyValues(TWO_AGENTS)
                .run(context -> assertThat(context)
                        .doesNotHaveBean("plannerCompactionTemplate")
                        .hasBean("researcherCompactionTemplate")
                        .hasBean("plannerCompactionState"));
    }

    @Test
    void template_needsACompactor() {
        runner.withPropertyValues(TWO_AGENTS)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(CompactionTemplate.class)
                        .hasBean("plannerCompactionState"));
    }

    @Test
    void template_usesTheAgentsOwnCompactorOrTheSharedOne() {
        runner.withUserConfiguration(OwnAndSharedCompactor.class)
                .withPropertyValues(TWO_AGENTS)
                .run(context -> {
                    assertThat(compacted(context.getBean("plannerCompactionTemplate", CompactionTemplate.class)))
                            .isEqualTo("by the planner's own");
                    assertThat(compacted(context.getBean("researcherCompactionTemplate", CompactionTemplate.class)))
                            .isEqualTo("by the shared one");
                });
    }

    @Test
    void template_onlyForAgentsWhoseCompactorIsClear() {
        runner.withUserConfiguration(PlannersCompactor.class)
                .withPropertyValues(TWO_AGENTS)
                .run(context -> assertThat(context)
                        .hasBean("plannerCompactionTemplate")
                        .doesNotHaveBean("researcherCompactionTemplate"));
    }

    @Test
    void template_takesThePrimaryOfSeveralCompactors() {
        runner.withUserConfiguration(PrimaryCompactor.class)
                .withPropertyValues("compaction.agents.planner=")
                .run(context -> assertThat(compacted(context.getBean(CompactionTemplate.class)))
                        .isEqualTo("by the primary one"));
    }

    @Test
    void template_hasTheSettings() {
        runner.withUserConfiguration(OneCompactor.class)
                .withPropertyValues(
                        "compaction.lock-timeout=7s",
                        "compaction.agents.planner.lock-timeout=3s",
                        "compaction.agents.planner.max-compactions=9",
                        "compaction.agents.researcher=")
                .run(context -> {
                    assertThat(context.getBean("plannerCompactionTemplate"))
                            .hasToString("CompactionTemplate[agent=planner, maxCompactions=9, lockTimeout=PT3S]");
                    assertThat(context.getBean("researcherCompactionTemplate"))
                            .hasToString("CompactionTemplate[agent=researcher, maxCompactions=3, lockTimeout=PT7S]");
                });
    }

    @Test
    void template_givesUpAfterMaxFailures() {
        AtomicInteger calls = new AtomicInteger();
        runner.withBean("broken", Compactor.class, () -> session -> {
                    calls.incrementAndGet();
                    throw new IllegalStateException("no model");
                })
                .withPropertyValues("compaction.agents.planner.max-failures=2", "compaction.max-failures=5")
                .run(context -> {
                    CompactionTemplate template = context.getBean(CompactionTemplate.class);
                    for (int i = 0; i < 4; i++) {
                        assertThatThrownBy(() -> template.compact("s")).hasMessageContaining("planner");
                    }
                    assertThat(calls).hasValue(2);
                });
    }

    @Test
    void customizers_seeAgentAndBuilder() {
        runner.withUserConfiguration(OneCompactor.class, Customizers.class)
                .withPropertyValues(TWO_AGENTS)
                .run(context -> {
                    CompactionStates states = context.getBean(CompactionStates.class);

                    assertThat(states.get("planner").maxSize()).isEqualTo(1);
                    assertThat(states.get("researcher").maxSize()).isEqualTo(10_000);
                    assertThat(context.getBean("plannerCompactionTemplate"))
                            .hasToString("CompactionTemplate[agent=planner, maxCompactions=1, lockTimeout=PT5M]");
                });
    }

    @Test
    void listeners_areToldInOrderByEveryAgent() {
        runner.withUserConfiguration(Listening.class)
                .withPropertyValues(TWO_AGENTS)
                .run(context -> {
                    CompactionStates states = context.getBean(CompactionStates.class);
                    states.get("planner").storeSummary("s", "text");
                    states.get("researcher").storeSummary("t", "text");

                    assertThat(context.getBean(Listening.class).events)
                            .containsExactly(
                                    "first planner s", "second planner s", "first researcher t", "second researcher t");
                });
    }

    @Test
    void template_runsACompactionOnce() {
        runner.withUserConfiguration(OneCompactor.class, RecognizedLimit.class)
                .withPropertyValues("compaction.agents.planner=")
                .run(context -> {
                    CompactionTemplate template = context.getBean(CompactionTemplate.class);
                    List<String> calls = new ArrayList<>();

                    var reply = template.execute("s", () -> {
                        calls.add("call");
                        if (calls.size() == 1) {
                            throw new TooLong();
                        }
                        return "answer";
                    });

                    assertThat(reply.value()).isEqualTo("answer");
                    assertThat(reply.summary()).contains("summary");
                    assertThat(calls).hasSize(2);
                });
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void virtualThreads_runTheCompactorOfTheAsynchronousForms() {
        runner.withUserConfiguration(ThreadCompactor.class, RecognizedLimit.class)
                .withPropertyValues("compaction.agents.planner=", "spring.threads.virtual.enabled=true")
                .run(context -> assertThat(compactingThread(context.getBean(CompactionTemplate.class)))
                        .startsWith("VirtualThread"));
    }

    @Test
    void platformThreads_runTheCompactorUnlessVirtualOnesAreEnabled() {
        runner.withUserConfiguration(ThreadCompactor.class, RecognizedLimit.class)
                .withPropertyValues("compaction.agents.planner=")
                .run(context -> assertThat(compactingThread(context.getBean(CompactionTemplate.class)))
                        .startsWith("Thread[")
                        .contains("agent-compaction-"));
    }

    @Test
    void properties_inheritWhatAnAgentDoesNotSet() {
        AgentSettings own = new AgentSettings(null, 7L, null, 2, null, Duration.ofSeconds(9), 1000, null, false, null);
        CompactionProperties properties = new CompactionProperties(
                true,
                Duration.ofHours(3),
                5,
                Duration.ofSeconds(4),
                6,
                8,
                Duration.ofSeconds(1),
                null,
                0.5,
                true,
                3,
                Map.of("a", own),
                new CompactionProperties.SpringAi(
                        null, false, null, true, false, CompactionProperties.SummaryRequest.TRANSCRIPT, 0.5),
                CompactionProperties.StoreType.NONE,
                Duration.ofSeconds(30),
                null,
                null,
                OnUnavailable.FAIL,
                new CompactionProperties.Jdbc(CompactionProperties.InitializeSchema.EMBEDDED, "compaction_", true),
                new CompactionProperties.Redis(Duration.ofSeconds(2), Duration.ofSeconds(1)));

        assertThat(properties.settingsOf("a"))
                .isEqualTo(new AgentSettings(
                        Duration.ofHours(3),
                        7L,
                        Duration.ofSeconds(4),
                        2,
                        8,
                        Duration.ofSeconds(9),
                        1000,
                        0.5,
                        false,
                        3));
        assertThat(properties.settingsOf("b"))
                .isEqualTo(new AgentSettings(
                        Duration.ofHours(3),
                        5L,
                        Duration.ofSeconds(4),
                        6,
                        8,
                        Duration.ofSeconds(1),
                        null,
                        0.5,
                        true,
                        3));
    }

    private static final String[] TWO_AGENTS = {"compaction.agents.planner=", "compaction.agents.researcher="};

    private static void assertOthersAreThere(CompactionStates states, long plannersSize) {
        assertThat(states.names()).containsExactlyInAnyOrder("planner", "researcher");
        assertThat(states.get("planner").maxSize()).isEqualTo(plannersSize);
        assertThat(states.get("researcher").maxSize()).isEqualTo(10_000);
    }

    private static String compacted(CompactionTemplate template) {
        template.compact("s");
        return template.state().popSummary("s").orElseThrow();
    }

    private static String compactingThread(CompactionTemplate template) {
        AtomicBoolean first = new AtomicBoolean(true);
        return template.executeAsync(
                        "s",
                        () -> first.getAndSet(false)
                                ? CompletableFuture.<String>failedFuture(new TooLong())
                                : CompletableFuture.completedFuture("answer"))
                .join()
                .summary()
                .orElseThrow();
    }

    private static final class TooLong extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @Configuration(proxyBeanMethods = false)
    static class OneCompactor {
        @Bean
        Compactor summarizer() {
            return session -> Optional.of("summary");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class ThreadCompactor {
        @Bean
        Compactor summarizer() {
            return session -> Optional.of(Thread.currentThread().toString());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class RecognizedLimit {
        @Bean
        CompactionTemplateCustomizer tooLong() {
            return (agent, builder) -> builder.contextLimit(TooLong.class::isInstance);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnAndSharedCompactor {
        @Bean
        Compactor shared() {
            return session -> Optional.of("by the shared one");
        }

        @Bean
        @Qualifier("planner")
        Compactor special() {
            return session -> Optional.of("by the planner's own");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PlannersCompactor {
        @Bean
        Compactor plannerCompactor() {
            return session -> Optional.of("summary");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PrimaryCompactor {
        @Bean
        Compactor one() {
            return session -> Optional.of("by another one");
        }

        @Bean
        @Primary
        Compactor two() {
            return session -> Optional.of("by the primary one");
        }
    }

    static class TwoAgentsUser {
        final SessionCompactionState planner;
        final SessionCompactionState researcher;
        final CompactionTemplate template;

        @Autowired
        TwoAgentsUser(
                @Qualifier("planner") SessionCompactionState planner,
                @Qualifier("researcher") SessionCompactionState researcher,
                @Qualifier("researcher") CompactionTemplate template) {
            this.planner = planner;
            this.researcher = researcher;
            this.template = template;
        }
    }

    static class OneAgentUser {
        final SessionCompactionState state;
        final CompactionTemplate template;

        @Autowired
        OneAgentUser(SessionCompactionState state, CompactionTemplate template) {
            this.state = state;
            this.template = template;
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OtherAgent {
        @Bean
        SessionCompactionState somethingElse() {
            return SessionCompactionState.builder().agent("other").build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnByName {
        @Bean
        SessionCompactionState plannerCompactionState() {
            return SessionCompactionState.builder().agent("planner").maxSize(7).build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnByAlias {
        @Bean({"mine", "planner"})
        SessionCompactionState mine() {
            return SessionCompactionState.builder().agent("planner").maxSize(8).build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnByQualifier {
        @Bean
        @Qualifier("planner")
        SessionCompactionState mine() {
            return SessionCompactionState.builder().agent("planner").maxSize(9).build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnTemplate {
        @Bean
        @Qualifier("planner")
        CompactionTemplate mine(@Qualifier("planner") SessionCompactionState state, Compactor compactor) {
            return CompactionTemplate.builder(state, compactor).build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Customizers {
        @Bean
        CompactionStateCustomizer smallPlanner() {
            return (agent, builder) -> builder.maxSize(agent.equals("planner") ? 1 : 10_000);
        }

        @Bean
        CompactionTemplateCustomizer impatientPlanner() {
            return (agent, builder) -> builder.maxCompactions(agent.equals("planner") ? 1 : 3);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Listening {
        final List<String> events = new ArrayList<>();

        @Bean
        @Order(2)
        CompactionListener second() {
            return listener("second");
        }

        @Bean
        @Order(1)
        CompactionListener first() {
            return listener("first");
        }

        private CompactionListener listener(String name) {
            return new CompactionListener() {
                @Override
                public void summaryStored(String agent, String sessionId) {
                    events.add(name + " " + agent + " " + sessionId);
                }
            };
        }
    }
}
