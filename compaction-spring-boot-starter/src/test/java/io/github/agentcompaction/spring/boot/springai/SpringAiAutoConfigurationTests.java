package io.github.agentcompaction.spring.boot.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.metrics.CompactionMetricsAutoConfiguration;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import io.github.agentcompaction.springai.SentPrompts;
import io.github.agentcompaction.springai.SummaryDeliveredEvent;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.MediaContent;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.ai.tokenizer.TokenCountEstimator;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.context.event.EventListener;
import org.springframework.util.ClassUtils;

/** What there is when Spring AI is there. */
@ExtendWith(OutputCaptureExtension.class)
class SpringAiAutoConfigurationTests {

    private static final String[] TWO_AGENTS = {"compaction.agents.planner=", "compaction.agents.researcher="};

    private final ApplicationContextRunner jarsOnly = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    CompactionAutoConfiguration.class,
                    CompactionChatMemoryAutoConfiguration.class,
                    ChatMemoryCompactorAutoConfiguration.class,
                    CompactionAdvisorAutoConfiguration.class,
                    CompactionMetricsAutoConfiguration.class,
                    MetricsAutoConfiguration.class,
                    ChatMemoryAutoConfiguration.class,
                    ChatClientAutoConfiguration.class));

    private final ApplicationContextRunner withoutModel =
            jarsOnly.withPropertyValues("compaction.spring-ai.keep-all-messages=true");

    private final ApplicationContextRunner runner = withoutModel.withUserConfiguration(OneModel.class);

    // Chat memory.

    @Test
    void chatMemory_nothingAskedFor_keepsSpringAisWindow() {
        jarsOnly.withUserConfiguration(OneModel.class).run(context -> {
            ChatMemory memory = context.getBean(ChatMemory.class);
            addTurns(memory, 15);

            assertThat(memory).isInstanceOf(ConcurrentChatMemory.class);
            assertThat(memory.get("c")).hasSize(20);
            assertThat(context.getBean(CompactionTemplate.class).compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
        });
    }

    @Test
    void chatMemory_nothingAskedFor_keepsAsManyMessagesAsSpringAis() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ChatMemoryAutoConfiguration.class))
                .run(springAis -> jarsOnly.run(ours -> {
                    assertThat(ours.getBean(ChatMemory.class).getClass()).isEqualTo(ConcurrentChatMemory.class);
                    addTurns(springAis.getBean(ChatMemory.class), 30);
                    addTurns(ours.getBean(ChatMemory.class), 30);

                    assertThat(ours.getBean(ChatMemory.class).get("c"))
                            .isEqualTo(springAis.getBean(ChatMemory.class).get("c"));
                    assertThat(ours.getBean(ChatMemoryRepository.class).findByConversationId("c"))
                            .isEqualTo(springAis
                                    .getBean(ChatMemoryRepository.class)
                                    .findByConversationId("c"));
                }));
    }

    @Test
    void chatMemory_withDefaultAdvisor_keepsEverything() {
        jarsOnly.withUserConfiguration(OneModel.class)
                .withPropertyValues("compaction.agents.planner=", "compaction.spring-ai.default-advisor=planner")
                .run(context -> {
                    ChatMemory memory = context.getBean(ChatMemory.class);
                    addTurns(memory, 15);

                    assertThat(memory.get("c")).hasSize(30);
                });
    }

    @Test
    void chatMemory_isOnTheRepositoryAndKeepsEverything() {
        withoutModel.run(context -> {
            ChatMemory memory = context.getBean(ChatMemory.class);
            for (int i = 0; i < 25; i++) {
                memory.add("c", new UserMessage("u" + i));
            }

            assertThat(memory).isInstanceOf(ConcurrentChatMemory.class).isSameAs(context.getBean("chatMemory"));
            assertThat(context.getBean(ChatMemoryRepository.class).findByConversationId("c"))
                    .hasSize(25);
        });
    }

    @Test
    void chatMemory_comesBeforeSpringAis() { // by its annotation: without it, the alphabet would happen to order
        // them so
        AutoConfiguration order = CompactionChatMemoryAutoConfiguration.class.getAnnotation(AutoConfiguration.class);

        assertThat(order.beforeName()).containsExactly(ChatMemoryAutoConfiguration.class.getName());
    }

    @Test
    void chatMemory_withoutSpringAisAutoConfiguration_isInMemory() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(CompactionChatMemoryAutoConfiguration.class))
                .withPropertyValues("compaction.spring-ai.keep-all-messages=true")
                .run(context -> {
                    context.getBean(ChatMemory.class).add("c", new UserMessage("u"));

                    assertThat(context.getBean(ChatMemory.class).get("c")).hasSize(1);
                });
    }

    @Test
    void chatMemory_own_isLeftAloneAndSaysHowToCoordinateIt(CapturedOutput output) {
        withoutModel
                .withUserConfiguration(OwnMemory.class)
                .run(context -> assertThat(context.getBean(ChatMemory.class))
                        .isSameAs(context.getBean("mine"))
                        .isInstanceOf(MessageWindowChatMemory.class));

        assertThat(output)
                .containsOnlyOnce("The ChatMemory 'mine' is a " + MessageWindowChatMemory.class.getName())
                .contains("return new ConcurrentChatMemory(memory, repository) from its bean method");
    }

    @Test
    void chatMemory_nothingOwn_saysNothing(CapturedOutput output) {
        runner.run(context -> assertThat(context).hasNotFailed());

        assertThat(output).doesNotContain("The ChatMemory");
    }

    @Test
    void chatMemory_ownAsAdvised_isCompacted() {
        runner.withUserConfiguration(OwnCoordinatedMemory.class).run(context -> {
            ChatMemory memory = context.getBean(ChatMemory.class);
            addTurns(memory, 5);

            assertThat(memory.get("c")).hasSize(6);
            assertThat(context.getBean(CompactionTemplate.class).compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
            assertThat(texts(memory.get("c")))
                    .containsSubsequence(ChatMemoryCompactor.SUMMARY_REQUEST, "summary by model", "u5", "a5");
        });
    }

    @Test
    void chatMemory_thatCannotBeCompacted_failsTheFirstCompaction() {
        jarsOnly.withUserConfiguration(OneModel.class, OwnMemory.class)
                .run(context -> assertThatThrownBy(
                                () -> context.getBean(Compactor.class).compact("c"))
                        .isInstanceOf(SpringAiSetupException.class)
                        .hasMessageContaining("MessageWindowChatMemory"));
    }

    @Test
    void chatMemory_thatCannotBeCompacted_withDefaultAdvisor_stopsTheStart() {
        runner.withUserConfiguration(OwnMemory.class)
                .withPropertyValues("compaction.agents.planner=", "compaction.spring-ai.default-advisor=planner")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(SpringAiSetupException.class)
                        .hasMessageContaining("MessageWindowChatMemory"));
        runner.withBean(Compactor.class, () -> session -> Optional.of("own"))
                .withUserConfiguration(OwnMemory.class)
                .run(context -> assertThat(context).hasSingleBean(CompactionAdvisor.class));
    }

    @Test
    void chatMemory_switchedOff_keepsAsManyMessages() {
        runner.withPropertyValues("compaction.enabled=false").run(context -> {
            ChatMemory memory = context.getBean(ChatMemory.class);
            addTurns(memory, 15);

            assertThat(memory).isInstanceOf(ConcurrentChatMemory.class);
            assertThat(memory.get("c")).hasSize(30);
        });
    }

    // Compactor.

    @Test
    void compactor_withoutModel_isNone() {
        withoutModel.run(context -> assertThat(context)
                .hasNotFailed()
                .doesNotHaveBean(Compactor.class)
                .doesNotHaveBean(CompactionTemplate.class)
                .doesNotHaveBean(CompactionAdvisor.class));
    }

    @Test
    void compactor_modelOfAnAutoConfiguration_isSeenWhateverElseIsThere() {
        List<Class<?>> all = new ArrayList<>(List.of(
                ChatMemoryAutoConfiguration.class, MetricsAutoConfiguration.class, ModelAutoConfiguration.class));
        ImportCandidates.load(AutoConfiguration.class, null).getCandidates().stream()
                .filter(name -> name.startsWith("io.github.agentcompaction."))
                .map(name -> ClassUtils.resolveClassName(name, null))
                .forEach(all::add);
        assertThat(all).hasSizeGreaterThan(9);

        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(all.toArray(Class<?>[]::new)))
                .withPropertyValues("compaction.agents.planner=")
                .run(context -> assertThat(context).hasBean("plannerCompactionAdvisor"));
    }

    @Test
    void compactor_servesAllAgents() {
        runner.withPropertyValues(TWO_AGENTS)
                .run(context -> assertThat(context)
                        .hasSingleBean(ChatMemoryCompactor.class)
                        .hasBean("plannerCompactionTemplate")
                        .hasBean("researcherCompactionTemplate"));
    }

    @Test
    void compactor_own_backsOff() {
        runner.withBean("mine", Compactor.class, () -> session -> Optional.of("own"))
                .run(context -> {
                    assertThat(context).doesNotHaveBean(ChatMemoryCompactor.class);
                    context.getBean(CompactionTemplate.class).compact("c");
                    assertThat(context.getBean(CompactionTemplate.class).state().popSummary("c"))
                            .contains("own");
                });
    }

    @Test
    void compactor_severalChatMemories_isNone() {
        runner.withBean(
                        "one",
                        ChatMemory.class,
                        () -> MessageWindowChatMemory.builder().build())
                .withBean(
                        "two",
                        ChatMemory.class,
                        () -> MessageWindowChatMemory.builder().build())
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(Compactor.class)
                        .doesNotHaveBean(CompactionAdvisor.class));
    }

    @Test
    void summarizer_isTheOnlyModel() {
        runner.run(context -> assertThat(summaryOf(context)).isEqualTo("summary by model"));
    }

    @Test
    void summarizer_qualifiedModel_isChosen() {
        runner.withUserConfiguration(QualifiedModel.class)
                .run(context -> assertThat(summaryOf(context)).isEqualTo("summary by qualified"));
    }

    @Test
    void summarizer_namedModel_isChosenOfSeveral() {
        runner.withBean("compaction", ChatModel.class, () -> new ScriptedModel("named", 100))
                .run(context -> assertThat(summaryOf(context)).isEqualTo("summary by named"));
    }

    @Test
    void summarizer_qualifiedClient_isChosenBeforeTheModel() {
        runner.withUserConfiguration(QualifiedModel.class, QualifiedClient.class)
                .withPropertyValues("compaction.agents.planner=", "compaction.spring-ai.default-advisor=planner")
                .run(context -> assertThat(summaryOf(context)).isEqualTo("summary by client"));
    }

    @Test
    void summarizer_severalModels_failTheFirstCompaction() {
        runner.withBean("other", ChatModel.class, ScriptedModel::new).run(context -> {
            addTurns(context.getBean(ChatMemory.class), 3);

            assertThatThrownBy(() -> context.getBean(Compactor.class).compact("c"))
                    .isInstanceOf(SpringAiSetupException.class)
                    .hasMessageContaining("model, other");
        });
    }

    @Test
    void summarizer_severalModels_withDefaultAdvisor_stopTheStart() {
        runner.withBean("other", ChatModel.class, ScriptedModel::new)
                .withPropertyValues("compaction.agents.planner=", "compaction.spring-ai.default-advisor=planner")
                .run(context -> assertThat(context)
                        .getFailure()
                        .isInstanceOf(SpringAiSetupException.class)
                        .hasMessageContaining("There are: model, other."));
    }

    @Test
    void summarizer_severalModels_withDefaultAdvisorSwitchedOff_start() {
        runner.withBean("other", ChatModel.class, ScriptedModel::new)
                .withPropertyValues(
                        "compaction.enabled=false",
                        "compaction.agents.planner=",
                        "compaction.spring-ai.default-advisor=planner")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void summarizer_primaryModel_isChosenOfSeveral() {
        runner.withUserConfiguration(PrimaryModel.class)
                .run(context -> assertThat(summaryOf(context)).isEqualTo("summary by primary"));
    }

    // Advisors.

    @Test
    void advisor_ofTheOnlyAgent_isInjectedByType() {
        runner.withPropertyValues("spring.application.name=shop")
                .withBean(AdvisorUser.class)
                .run(context -> assertThat(context.getBean(AdvisorUser.class).advisor)
                        .isSameAs(context.getBean("shopCompactionAdvisor")));
    }

    @Test
    void advisors_areInjectedByQualifier() {
        runner.withPropertyValues(TWO_AGENTS)
                .withBean(PlannersAdvisorUser.class)
                .run(context -> {
                    assertThat(context.getBean(PlannersAdvisorUser.class).advisor)
                            .isSameAs(context.getBean("plannerCompactionAdvisor"))
                            .asString()
                            .contains("agent=planner");
                    assertThat(context.getBeansOfType(CompactionAdvisor.class))
                            .containsOnlyKeys("plannerCompactionAdvisor", "researcherCompactionAdvisor");
                });
    }

    @Test
    void advisor_own_backsOff() {
        runner.withPropertyValues(TWO_AGENTS)
                .withPropertyValues("compaction.spring-ai.default-advisor=planner")
                .withUserConfiguration(OwnAdvisor.class)
                .run(context -> {
                    assertThat(context.getBeansOfType(CompactionAdvisor.class))
                            .containsOnlyKeys("mine", "researcherCompactionAdvisor");
                    assertThat(context.getBean("mine", CompactionAdvisor.class).getOrder())
                            .isEqualTo(7);
                });
    }

    @Test
    void advisor_ownWithoutConfiguredAgents_backsOff() {
        runner.withBean(
                        "mine",
                        CompactionAdvisor.class,
                        () -> CompactionAdvisor.builder(
                                        CompactionTemplate.builder(
                                                        SessionCompactionState.builder()
                                                                .build(),
                                                        session -> Optional.empty())
                                                .build(),
                                        new ConcurrentChatMemory(new InMemoryChatMemoryRepository()))
                                .build())
                .withPropertyValues("spring.application.name=shop", "compaction.spring-ai.default-advisor=shop")
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(CompactionAdvisor.class));
    }

    @Test
    void defaultAdvisor_overflow_isCompactedOnceAndToldAfterTheAnswer() {
        runner.withPropertyValues("compaction.agents.planner=", "compaction.spring-ai.default-advisor=planner")
                .withUserConfiguration(Events.class)
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(context -> {
                    ChatMemory memory = context.getBean(ChatMemory.class);
                    addTurns(memory, 50);

                    ChatClientResponse response = ask(context.getBean(ChatClient.Builder.class), memory);

                    assertThat(response.context()).containsEntry(CompactionAdvisor.SUMMARY, "summary by model");
                    assertThat(context.getBean(Events.class).delivered)
                            .singleElement()
                            .returns("planner", SummaryDeliveredEvent::agent)
                            .returns("c", SummaryDeliveredEvent::sessionId);
                    assertThat(texts(memory.get("c")))
                            .startsWith(ChatMemoryCompactor.SUMMARY_REQUEST, "summary by model", "u27")
                            .endsWith("u50", "a50", "And now?", "answer")
                            .hasSize(2 + 2 * 24 + 2);
                    assertThat(compactions(context, "compacted")).isEqualTo(1);
                    assertThat(compactions(context, "failed")).isZero();

                    response = ask(context.getBean(ChatClient.Builder.class), memory);
                    assertThat(response.context()).doesNotContainKey(CompactionAdvisor.SUMMARY);
                    assertThat(compactions(context, "compacted")).isEqualTo(1);
                });
    }

    @Test
    void advisor_inOneLine_doesTheSame() {
        runner.withPropertyValues(TWO_AGENTS).run(context -> {
            ChatMemory memory = context.getBean(ChatMemory.class);
            addTurns(memory, 50);
            CompactionAdvisor advisor = context.getBean("plannerCompactionAdvisor", CompactionAdvisor.class);

            assertThat(ask(context.getBean(ChatClient.Builder.class).defaultAdvisors(advisor), memory)
                            .context())
                    .containsKey(CompactionAdvisor.SUMMARY);
        });
    }

    @Test
    void summaryRequest_notSet_isATranscript() {
        runner.withPropertyValues("compaction.agents.planner=", "compaction.spring-ai.default-advisor=planner")
                .run(context -> {
                    Prompt asked = askedForASummary(context);

                    assertThat(asked.getInstructions()).hasSize(1);
                    assertThat(context.getBean(SentPrompts.class)).hasToString("SentPrompts[0 sessions]");
                });
    }

    @Test
    void summaryRequest_continue_goesOnWithTheConversation() {
        runner.withPropertyValues(
                        "compaction.agents.planner=",
                        "compaction.spring-ai.default-advisor=planner",
                        "compaction.spring-ai.summary-request=continue")
                .run(context -> {
                    Prompt asked = askedForASummary(context);

                    assertThat(texts(asked.getInstructions()))
                            .startsWith("u1", "a1", "u2", "a2")
                            .endsWith("u26", "a26", ChatMemoryCompactor.DEFAULT_CONTINUATION_PROMPT)
                            .hasSize(53);
                    assertThat(context.getBean(SentPrompts.class)).hasToString("SentPrompts[1 sessions]");
                });
    }

    @Test
    void share_isSummarizedAtOnce() {
        runner.withPropertyValues(
                        "compaction.agents.planner=",
                        "compaction.spring-ai.default-advisor=planner",
                        "compaction.spring-ai.summary-request=continue",
                        "compaction.spring-ai.share=0.1")
                .run(context -> {
                    Prompt asked = askedForASummary(context);

                    assertThat(texts(asked.getInstructions()))
                            .startsWith("u1", "a1")
                            .endsWith("u6", "a6", ChatMemoryCompactor.DEFAULT_CONTINUATION_PROMPT);
                });
    }

    private static Prompt askedForASummary(ApplicationContext context) {
        ChatMemory memory = context.getBean(ChatMemory.class);
        addTurns(memory, 50);
        ask(context.getBean(ChatClient.Builder.class), memory);
        List<Prompt> summarized = ((ScriptedModel) context.getBean(ChatModel.class)).summarized;
        assertThat(summarized).hasSize(1);
        return summarized.get(0);
    }

    @Test
    void defaultAdvisor_none_leavesBuildersAlone() {
        runner.withPropertyValues(TWO_AGENTS).run(context -> {
            ChatMemory memory = context.getBean(ChatMemory.class);
            addTurns(memory, 50);

            assertThatThrownBy(() -> ask(context.getBean(ChatClient.Builder.class), memory))
                    .hasMessageContaining("maximum context length");
        });
    }

    @Test
    void ownCompactorMadeWithABuilder_startsWithoutDefaultAdvisor() {
        runner.withUserConfiguration(CompactorWithABuilder.class)
                .run(context -> assertThat(context).hasSingleBean(CompactionAdvisor.class));
    }

    @Test
    void contextWindow_ofTheAgent_compactsBeforeTheModelIsCalled() {
        runner.withPropertyValues(
                        "compaction.agents.planner.context-window=100",
                        "compaction.agents.researcher=",
                        "compaction.background=false",
                        "compaction.compact-at=0.5")
                .withBean(TokenCountEstimator.class, () -> new TenPerText())
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(context -> {
                    ChatMemory memory = context.getBean(ChatMemory.class);
                    addTurns(memory, 4);

                    ask(builderWith(context, "researcher"), memory);
                    assertThat(compactions(context, "compacted")).isZero();

                    ask(builderWith(context, "planner"), memory);
                    assertThat(compactions(context, "compacted")).isEqualTo(1);
                    assertThat(texts(memory.get("c"))).startsWith(ChatMemoryCompactor.SUMMARY_REQUEST);
                });
    }

    @Test
    void contextWindow_notReached_compactsNothing() {
        runner.withPropertyValues("compaction.context-window=1000", "compaction.compact-at=0.5")
                .withBean(TokenCountEstimator.class, () -> new TenPerText())
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(context -> {
                    ChatMemory memory = context.getBean(ChatMemory.class);
                    addTurns(memory, 4);
                    CompactionAdvisor advisor = context.getBean(CompactionAdvisor.class);

                    ask(context.getBean(ChatClient.Builder.class).defaultAdvisors(advisor), memory);

                    assertThat(compactions(context, "compacted")).isZero();
                });
    }

    private static ChatClient.Builder builderWith(ApplicationContext context, String agent) {
        return context.getBean(ChatClient.Builder.class)
                .defaultAdvisors(context.getBean(agent + "CompactionAdvisor", CompactionAdvisor.class));
    }

    private static ChatClientResponse ask(ChatClient.Builder builder, ChatMemory memory) {
        return builder.defaultAdvisors(MessageChatMemoryAdvisor.builder(memory).build())
                .build()
                .prompt("And now?")
                .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, "c"))
                .call()
                .chatClientResponse();
    }

    private static double compactions(ApplicationContext context, String outcome) {
        return context
                .getBean(MeterRegistry.class)
                .get("compaction.compactions")
                .tag("outcome", outcome)
                .timers()
                .stream()
                .mapToLong(timer -> timer.count())
                .sum();
    }

    private static String summaryOf(ApplicationContext context) {
        ChatMemory memory = context.getBean(ChatMemory.class);
        addTurns(memory, 3);
        CompactionTemplate template = context.getBean(CompactionTemplate.class);
        template.compact("c");
        return template.state().popSummary("c").orElseThrow();
    }

    private static void addTurns(ChatMemory memory, int turns) {
        for (int i = 1; i <= turns; i++) {
            memory.add("c", List.of(new UserMessage("u" + i), new AssistantMessage("a" + i)));
        }
    }

    private static List<@Nullable String> texts(List<Message> messages) {
        return messages.stream().map(Message::getText).toList();
    }

    @Configuration(proxyBeanMethods = false)
    static class OneModel {
        @Bean
        ChatModel model() {
            return new ScriptedModel();
        }
    }

    /** Comes later than the starter's by its name, as those of model providers do. */
    @AutoConfiguration
    static class ModelAutoConfiguration {
        @Bean
        ChatModel model() {
            return new ScriptedModel();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class QualifiedModel {
        @Bean(defaultCandidate = false)
        @Qualifier("compaction")
        ChatModel small() {
            return new ScriptedModel("qualified", 100);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class QualifiedClient {
        @Bean
        @Qualifier("compaction")
        ChatClient writer(ChatClient.Builder builder) {
            assertThat(builder).isNotNull(); // has the default advisor; the model is another one
            return ChatClient.create(new ScriptedModel("client", 100));
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PrimaryModel {
        @Bean
        @Primary
        ChatModel first() {
            return new ScriptedModel("primary", 100);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnCoordinatedMemory {
        @Bean
        ChatMemory mine(ChatMemoryRepository repository) {
            ChatMemory window = MessageWindowChatMemory.builder()
                    .chatMemoryRepository(repository)
                    .maxMessages(6)
                    .build();
            return new ConcurrentChatMemory(window, repository);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnMemory {
        @Bean
        ChatMemory mine() {
            return MessageWindowChatMemory.builder().build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnAdvisor {
        @Bean
        @Qualifier("planner")
        CompactionAdvisor mine(@Qualifier("planner") CompactionTemplate template, ChatMemory memory) {
            return CompactionAdvisor.builder(template, memory).order(7).build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class CompactorWithABuilder {
        @Bean
        Compactor mine(ChatClient.Builder builder) {
            ChatClient client = builder.build();
            return session -> Optional.ofNullable(client.prompt(session).call().content());
        }
    }

    static class AdvisorUser {

        final CompactionAdvisor advisor;

        AdvisorUser(CompactionAdvisor advisor) {
            this.advisor = advisor;
        }
    }

    static class PlannersAdvisorUser {

        final CompactionAdvisor advisor;

        PlannersAdvisorUser(@Qualifier("planner") CompactionAdvisor advisor) {
            this.advisor = advisor;
        }
    }

    static class Events {

        final List<SummaryDeliveredEvent> delivered = new ArrayList<>();

        @EventListener
        void on(SummaryDeliveredEvent event) {
            delivered.add(event);
        }
    }

    /** Ten tokens for whatever is asked. */
    private static final class TenPerText implements TokenCountEstimator {

        @Override
        public int estimate(@Nullable String text) {
            return 10;
        }

        @Override
        public int estimate(MediaContent content) {
            return 10;
        }

        @Override
        public int estimate(Iterable<MediaContent> messages) {
            int tokens = 0;
            for (MediaContent message : messages) {
                tokens += estimate(message);
            }
            return tokens;
        }
    }
}
