package io.github.agentcompaction.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;

import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.ProcessedContext;
import io.github.agentcompaction.spring.boot.actuate.CompactionEndpoint;
import io.github.agentcompaction.spring.boot.actuate.CompactionEndpointAutoConfiguration;
import io.github.agentcompaction.spring.boot.events.CompactionEnded;
import io.github.agentcompaction.spring.boot.events.CompactionEventsAutoConfiguration;
import io.github.agentcompaction.spring.boot.events.CompactionStarted;
import io.github.agentcompaction.spring.boot.observation.CarriedContextAutoConfiguration;
import io.github.agentcompaction.spring.boot.observation.CompactionObservationAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.ChatMemoryCompactorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionAdvisorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionChatMemoryAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.ScriptedModel;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientBuilderCustomizer;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;

/** Writes the context down as code, compiles that, and starts from it: agents are those of the build, values of the start. */
@ExtendWith(OutputCaptureExtension.class)
class AheadOfTimeTests {

    private static final String[] AT_BUILD = {
        "compaction.agents.planner.ttl=1m", "compaction.agents.researcher-2=", "compaction.agents.own="
    };

    @Test
    @CompileWithForkedClassLoader
    void processed_startsWithTheAgentsOfTheBuild() {
        ProcessedContext.start(Application.class, AT_BUILD, AT_BUILD, context -> {
            CompactionStates states = context.getBean(CompactionStates.class);

            assertThat(states.names()).containsExactlyInAnyOrder("planner", "researcher-2", "own");
            assertThat(states.get("planner").ttl()).isEqualTo(Duration.ofMinutes(1));
            assertThat(states.get("own").maxSize()).isEqualTo(9);
            assertThat(context.getBeanNamesForType(SessionCompactionState.class))
                    .hasSize(3);
            User user = context.getBean(User.class);
            assertThat(user.planner.agent()).isEqualTo("planner");
            assertThat(user.planner).isSameAs(states.get("planner"));
            assertThat(user.template.state()).isSameAs(states.get("own"));
            user.template.compact("s");
            assertThat(states.get("own").getSummary("s")).contains("summary");
        });
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_readsValuesAtTheStart() {
        String[] atStart = {
            "compaction.agents.planner.ttl=9m", "compaction.agents.researcher-2.max-size=5", "compaction.ttl=3h"
        };
        ProcessedContext.start(Application.class, AT_BUILD, atStart, context -> {
            CompactionStates states = context.getBean(CompactionStates.class);

            assertThat(states.get("planner").ttl()).isEqualTo(Duration.ofMinutes(9));
            assertThat(states.get("researcher-2").maxSize()).isEqualTo(5);
            assertThat(states.get("researcher-2").ttl()).isEqualTo(Duration.ofHours(3));
        });
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_warnsOfAgentsThatWereAddedLater(CapturedOutput output) {
        String[] atStart = {"compaction.agents.planner=", "compaction.agents.late="};
        System.setProperty("spring.aot.enabled", "true");
        try {
            ProcessedContext.start(
                    Application.class,
                    AT_BUILD,
                    atStart,
                    context -> assertThat(
                                    context.getBean(CompactionStates.class).names())
                            .doesNotContain("late"));
        } finally {
            System.clearProperty("spring.aot.enabled");
        }
        assertThat(output)
                .contains("The agent 'late' is configured but has no beans")
                .doesNotContain("'planner' is");
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_switchedOffAtTheStart_compactsNothing(CapturedOutput output) {
        String[] atStart = {"compaction.agents.planner=", "compaction.enabled=false"};
        ProcessedContext.start(Application.class, AT_BUILD, atStart, context -> {
            CompactionTemplate template = context.getBean(User.class).template;
            RuntimeException error = new RuntimeException("prompt is too long");

            assertThat(template.compact("s")).isEqualTo(CompactionOutcome.NOTHING);
            assertThatThrownBy(() -> template.execute("s", () -> {
                        throw error;
                    }))
                    .isSameAs(error);
        });

        assertThat(output).containsOnlyOnce("Compaction is switched off by compaction.enabled=false");
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_switchedOffAtTheBuildOnly_compacts() {
        String[] off = Stream.concat(Stream.of(AT_BUILD), Stream.of("compaction.enabled=false"))
                .toArray(String[]::new);
        ProcessedContext.start(Application.class, off, AT_BUILD, context -> {
            CompactionTemplate template = context.getBean(User.class).template;

            assertThat(template.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);
        });
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_switchedOffAtTheStart_callsOfSpringAiPassThrough() {
        String[] atBuild = {"compaction.agents.planner="};
        String[] atStart = {"compaction.enabled=false", "compaction.spring-ai.default-advisor=planner"};
        ProcessedContext.start(SpringAiApplication.class, atBuild, atStart, context -> {
            ChatMemory memory = context.getBean(ChatMemory.class);
            for (int i = 0; i < 3; i++) {
                memory.add("c", List.of(new UserMessage("u" + i), new AssistantMessage("a" + i)));
            }
            ChatClient.Builder builder = ChatClient.builder(new ScriptedModel("tiny", 6))
                    .defaultAdvisors(MessageChatMemoryAdvisor.builder(memory).build());
            context.getBean(ChatClientBuilderCustomizer.class).customize(builder);

            assertThatThrownBy(() -> builder.build()
                            .prompt("And now?")
                            .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, "c"))
                            .call()
                            .content())
                    .hasMessageContaining("maximum context length");
            assertThat(memory.get("c")).hasSize(7);
        });
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_mistypedKeyAtTheStart_stopsIt() {
        String[] atStart = {"compaction.agents.planner=", "compaction.tll=5m"};

        assertThatThrownBy(() -> ProcessedContext.start(Application.class, AT_BUILD, atStart, context -> {}))
                .hasStackTraceContaining("The elements [compaction.tll] were left unbound");
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_valueOutOfRangeAtTheStart_stopsIt() {
        String[] atStart = {"compaction.agents.planner.ttl=0s"};

        assertThatThrownBy(() -> ProcessedContext.start(Application.class, AT_BUILD, atStart, context -> {}))
                .hasStackTraceContaining("Property compaction.agents.planner.ttl with value 'PT0S' is invalid");
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_isObservedAndTold() {
        String[] agents = {"compaction.agents.planner=", "management.endpoints.web.exposure.include=compaction"};
        ProcessedContext.start(ObservedApplication.class, agents, agents, context -> {
            context.getBean(CompactionTemplate.class)
                    .compactInBackground("s", 0, Duration.ZERO)
                    .join();

            assertThat(context.getBean(Told.class).all)
                    .containsExactly("observed compaction", "CompactionStarted[BACKGROUND]", "CompactionEnded");
            assertThat(context.getBean(CompactionEndpoint.class).agent("planner"))
                    .extracting("compactions.outcomes", as(MAP))
                    .containsEntry("compacted", 1L);
        });
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_startsWithSpringAi() {
        String[] atBuild = {"compaction.agents.planner=", "compaction.agents.researcher="};
        String[] atStart = {
            "compaction.spring-ai.default-advisor=planner", "compaction.agents.planner.context-window=100"
        };
        ProcessedContext.start(SpringAiApplication.class, atBuild, atStart, context -> {
            ChatMemory memory = context.getBean(ChatMemory.class);
            assertThat(memory).isInstanceOf(ConcurrentChatMemory.class);
            for (int i = 0; i < 15; i++) {
                memory.add("long", List.of(new UserMessage("u" + i), new AssistantMessage("a" + i)));
            }
            assertThat(memory.get("long")).hasSize(30); // which is decided at the start, too
            for (int i = 0; i < 4; i++) {
                memory.add("c", List.of(new UserMessage("u" + i), new AssistantMessage("a" + i)));
            }

            context.getBean("plannerCompactionTemplate", CompactionTemplate.class)
                    .compact("c");

            assertThat(context.getBean(CompactionStates.class).get("planner").popSummary("c"))
                    .contains("summary by small");
            assertThat(memory.get("c"))
                    .hasSize(6)
                    .first()
                    .isEqualTo(new UserMessage(ChatMemoryCompactor.SUMMARY_REQUEST));
            SpringAiUser user = context.getBean(SpringAiUser.class);
            assertThat(user.planner).isSameAs(context.getBean("plannerCompactionAdvisor"));
            ChatClient.Builder builder = ChatClient.builder(new ScriptedModel("tiny", 6))
                    .defaultAdvisors(MessageChatMemoryAdvisor.builder(memory).build());
            context.getBean(ChatClientBuilderCustomizer.class).customize(builder);
            assertThat(builder.build()
                            .prompt("And now?")
                            .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, "c"))
                            .call()
                            .chatClientResponse()
                            .context())
                    .containsEntry(CompactionAdvisor.SUMMARY, "summary by small");
        });
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(CompactionAutoConfiguration.class)
    static class Application {

        @Bean
        Compactor summarizer() {
            return session -> Optional.of("summary");
        }

        @Bean
        @Qualifier("own")
        SessionCompactionState mine() {
            return SessionCompactionState.builder().agent("own").maxSize(9).build();
        }

        @Bean
        User user(@Qualifier("planner") SessionCompactionState planner, @Qualifier("own") CompactionTemplate template) {
            return new User(planner, template);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        CompactionChatMemoryAutoConfiguration.class,
        ChatMemoryCompactorAutoConfiguration.class,
        CompactionAutoConfiguration.class,
        CompactionAdvisorAutoConfiguration.class
    })
    static class SpringAiApplication {

        @Bean
        ChatModel model() {
            return new ScriptedModel();
        }

        @Bean(defaultCandidate = false)
        @Qualifier("compaction")
        ChatModel small() {
            return new ScriptedModel("small", 100);
        }

        @Bean
        SpringAiUser springAiUser(@Qualifier("planner") CompactionAdvisor planner) {
            return new SpringAiUser(planner);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        CompactionAutoConfiguration.class,
        CompactionObservationAutoConfiguration.class,
        CarriedContextAutoConfiguration.class,
        CompactionEventsAutoConfiguration.class,
        CompactionEndpointAutoConfiguration.class
    })
    static class ObservedApplication {

        @Bean
        Compactor summarizer() {
            return session -> Optional.of("summary");
        }

        @Bean
        Told told() {
            return new Told();
        }

        @Bean
        ObservationRegistry registry(Told told) {
            ObservationRegistry registry = ObservationRegistry.create();
            registry.observationConfig().observationHandler(told);
            return registry;
        }
    }

    /** Writes down what is observed and published. */
    static class Told implements ObservationHandler<Observation.Context> {

        final List<String> all = new CopyOnWriteArrayList<>();

        @Override
        public void onStart(Observation.Context context) {
            all.add("observed " + context.getName());
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }

        @EventListener
        void started(CompactionStarted event) {
            all.add(event.toString());
        }

        @EventListener
        void ended(CompactionEnded event) {
            all.add(event.getClass().getSimpleName());
        }
    }

    record SpringAiUser(CompactionAdvisor planner) {}

    record User(SessionCompactionState planner, CompactionTemplate template) {}
}
