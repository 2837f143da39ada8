package io.github.agentcompaction.spring.boot.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionException;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.ContextLimitErrors;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import io.github.agentcompaction.springai.HistorySource;
import io.github.agentcompaction.springai.SummaryDeliveredEvent;
import io.github.agentcompaction.springai.session.SessionCompactor;
import io.github.agentcompaction.springai.session.SessionHistory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springaicommunity.session.autoconfigure.SessionServiceAutoConfiguration;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.advisor.SessionMemoryAdvisor;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.compaction.RecursiveSummarizationCompactionStrategy;
import org.springframework.ai.session.compaction.SlidingWindowCompactionStrategy;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.context.event.EventListener;
import org.springframework.core.annotation.Order;

/** The agents' advisors and compactor are for the sessions of spring-ai-session, where there are any. */
class SessionCompactorAutoConfigurationTests {

    private static final String[] DEFAULT_ADVISOR = {
        "compaction.agents.planner=", "compaction.spring-ai.default-advisor=planner"
    };
    private static final String[] TWO_AGENTS = {"compaction.agents.planner=", "compaction.agents.researcher="};

    private final ApplicationContextRunner withoutSessions = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    CompactionAutoConfiguration.class,
                    CompactionChatMemoryAutoConfiguration.class,
                    ChatMemoryCompactorAutoConfiguration.class,
                    CompactionAdvisorAutoConfiguration.class,
                    CoordinatedSessionServiceAutoConfiguration.class,
                    SessionCompactorAutoConfiguration.class,
                    SessionServiceAutoConfiguration.class,
                    ChatMemoryAutoConfiguration.class,
                    ChatClientAutoConfiguration.class));

    private final ApplicationContextRunner withoutModel = withoutSessions.withUserConfiguration(Repository.class);

    private final ApplicationContextRunner runner = withoutModel.withBean("model", ChatModel.class, ScriptedModel::new);

    // A call.

    @Test
    void defaultAdvisor_overflow_goesOnWithTheCompactedSessionAndIsToldAfterTheAnswer() {
        runner.withPropertyValues(DEFAULT_ADVISOR)
                .withUserConfiguration(Events.class)
                .run(context -> {
                    fill(context, 60);

                    ChatClientResponse response = ask(context);

                    assertThat(response.context()).containsEntry(CompactionAdvisor.SUMMARY, "summary by model");
                    assertThat(context.getBean(Events.class).delivered)
                            .singleElement()
                            .returns("planner", SummaryDeliveredEvent::agent)
                            .returns("s", SummaryDeliveredEvent::sessionId);
                    assertThat(active(context))
                            .startsWith(
                                    RecursiveSummarizationCompactionStrategy.DEFAULT_SUMMARY_SHADOW_PROMPT,
                                    "summary by model",
                                    "u57")
                            .endsWith("u60", "a60", "And now?", "answer")
                            .hasSize(2 + 2 * 4 + 2);
                    assertThat(ask(context).context()).doesNotContainKey(CompactionAdvisor.SUMMARY);
                });
    }

    @Test
    void overflow_ofFewMessages_keepsTheNewest() {
        withoutModel
                .withBean("model", ChatModel.class, () -> new ScriptedModel("model", 6))
                .withPropertyValues(DEFAULT_ADVISOR)
                .run(context -> {
                    fill(context, 4);

                    assertThat(ask(context).context()).containsKey(CompactionAdvisor.SUMMARY);
                    assertThat(active(context)).hasSize(4).endsWith("And now?", "answer");
                });
    }

    // Beans.

    @Test
    void sessions_everyAgentHasAnAdvisorForThem() {
        runner.withPropertyValues(TWO_AGENTS)
                .run(context -> assertThat(context)
                        .hasBean("plannerCompactionAdvisor")
                        .hasBean("researcherCompactionAdvisor")
                        .hasSingleBean(SessionHistory.class)
                        .hasSingleBean(HistorySource.class)
                        .hasSingleBean(Compactor.class)
                        .doesNotHaveBean(ChatMemoryCompactor.class));
    }

    @Test
    void noSessions_advisorsAreForTheChatMemory() {
        withoutSessions
                .withBean("model", ChatModel.class, ScriptedModel::new)
                .run(context -> assertThat(context)
                        .hasSingleBean(ChatMemoryCompactor.class)
                        .hasSingleBean(CompactionAdvisor.class)
                        .hasSingleBean(HistorySource.class)
                        .doesNotHaveBean(SessionHistory.class));
    }

    @Test
    void severalSessionServices_advisorsAreForTheChatMemory() {
        runner.withUserConfiguration(OwnService.class)
                .withBean(
                        "other",
                        SessionService.class,
                        () -> service(InMemorySessionRepository.builder().build()))
                .run(context -> assertThat(context)
                        .hasSingleBean(ChatMemoryCompactor.class)
                        .doesNotHaveBean(SessionHistory.class));
    }

    @Test
    void severalSessionServices_primary_isTheOne() {
        runner.withUserConfiguration(PrimaryService.class)
                .withBean(
                        "other",
                        SessionService.class,
                        () -> service(InMemorySessionRepository.builder().build()))
                .run(context ->
                        assertThat(context).hasSingleBean(SessionHistory.class).hasSingleBean(SessionCompactor.class));
    }

    @Test
    void ownService_isUsedAsItIs() {
        runner.withUserConfiguration(OwnService.class)
                .withPropertyValues(DEFAULT_ADVISOR)
                .run(context -> {
                    fill(context, 60);

                    assertThat(ask(context).context()).containsKey(CompactionAdvisor.SUMMARY);
                });
    }

    @Test
    void ownCompactor_backsOff() {
        runner.withBean("mine", Compactor.class, () -> session -> Optional.of("own"))
                .run(context -> assertThat(context)
                        .hasSingleBean(Compactor.class)
                        .hasBean("mine")
                        .hasSingleBean(SessionHistory.class)
                        .hasSingleBean(CompactionAdvisor.class)
                        .doesNotHaveBean(Summarizer.class));
    }

    @Test
    void ownSessionHistory_chatMemoryKeepsItsWindow() {
        runner.withPropertyValues(DEFAULT_ADVISOR)
                .withBean(
                        "mine",
                        SessionHistory.class,
                        () -> new SessionHistory(DefaultSessionService.builder()
                                .sessionRepository(
                                        InMemorySessionRepository.builder().build())
                                .build()))
                .run(context -> {
                    ChatMemory memory = context.getBean(ChatMemory.class);
                    for (int i = 1; i <= 50; i++) {
                        memory.add("c", new UserMessage("u" + i));
                    }

                    assertThat(memory.get("c")).hasSize(20);
                });
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void chatMemoryToo_isTold(CapturedOutput output) {
        runner.run(context -> assertThat(context).hasSingleBean(CompactionAdvisor.class));

        assertThat(output).containsOnlyOnce("are for the sessions of spring-ai-session, and not for the ChatMemory");
    }

    @Test
    void ownHistorySource_backsOff() {
        runner.withBean("mine", HistorySource.class, () -> conversation -> List.of())
                .run(context -> assertThat(context)
                        .hasSingleBean(HistorySource.class)
                        .hasBean("mine")
                        .hasSingleBean(CompactionAdvisor.class));
    }

    @Test
    void ownChatMemoryCompactor_advisorsAreForTheChatMemory() {
        runner.withUserConfiguration(OwnChatMemoryCompactor.class)
                .withPropertyValues(DEFAULT_ADVISOR)
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionAdvisor.class)
                        .hasSingleBean(HistorySource.class)
                        .doesNotHaveBean(SessionHistory.class));
    }

    @Test
    void ownAdvisor_backsOff() {
        runner.withPropertyValues(TWO_AGENTS)
                .withUserConfiguration(OwnAdvisor.class)
                .run(context -> {
                    assertThat(context.getBeansOfType(CompactionAdvisor.class))
                            .containsOnlyKeys("plannerCompactionAdvisor", "researcherCompactionAdvisor");
                    assertThat(context.getBean("plannerCompactionAdvisor", CompactionAdvisor.class)
                                    .getOrder())
                            .isEqualTo(7);
                });
    }

    @Test
    void ownStrategies_areTriedInTheirOrderAndNeedNoModel() {
        withoutModel.withUserConfiguration(OwnStrategies.class).run(context -> {
            fill(context, 5);

            assertThat(context.getBean(Compactor.class).compact("s")).contains(SessionCompactor.WITHOUT_SUMMARY);

            assertThat(active(context)).containsExactly("u3", "a3", "u4", "a4", "u5", "a5");
            assertThat(context).doesNotHaveBean(Summarizer.class);
        });
    }

    @Test
    void ownStrategies_severalModels_start() {
        runner.withUserConfiguration(OwnStrategies.class)
                .withBean("other", ChatModel.class, ScriptedModel::new)
                .withPropertyValues(DEFAULT_ADVISOR)
                .run(context -> assertThat(context)
                        .hasBean("plannerCompactionAdvisor")
                        .doesNotHaveBean(ChatMemoryCompactor.class));
    }

    @Test
    void chatMemory_defaultAdvisorIsForTheSessions_keepsSpringAisWindow() {
        runner.withPropertyValues(DEFAULT_ADVISOR).run(context -> {
            ChatMemory memory = context.getBean(ChatMemory.class);
            for (int i = 0; i < 30; i++) {
                memory.add("c", new UserMessage("u" + i));
            }

            assertThat(memory.get("c")).hasSize(20);
        });
    }

    @Test
    void switchedOff_keepsTheBeansAndPassesTheErrorThrough() {
        runner.withPropertyValues(DEFAULT_ADVISOR)
                .withPropertyValues("compaction.enabled=false")
                .run(context -> {
                    assertThat(context)
                            .hasSingleBean(HistorySource.class)
                            .hasSingleBean(Compactor.class)
                            .hasSingleBean(CompactionAdvisor.class);
                    fill(context, 60);

                    assertThatThrownBy(() -> ask(context))
                            .isNotInstanceOf(CompactionException.class)
                            .satisfies(refused -> assertThat(ContextLimitErrors.isContextLimit(refused))
                                    .isTrue());
                    assertThat(active(context)).hasSize(2 * 60 + 1).startsWith("u1");
                });
    }

    // Which agent's locks.

    @Test
    void severalAgents_locksAreTheDefaultAdvisors() {
        runner.withPropertyValues(TWO_AGENTS)
                .withPropertyValues("compaction.spring-ai.default-advisor=researcher")
                .run(context -> assertThat(context.getBean("compactionSessionService"))
                        .asString()
                        .contains("agent=researcher"));
    }

    @Test
    void severalAgents_namedAgentComesBeforeTheDefaultAdvisors() {
        runner.withPropertyValues(TWO_AGENTS)
                .withPropertyValues(
                        "compaction.spring-ai.default-advisor=researcher",
                        "compaction.spring-ai.session-service-agent=planner")
                .run(context -> assertThat(context.getBean("compactionSessionService"))
                        .asString()
                        .contains("agent=planner"));
    }

    @Test
    void severalAgents_theOtherAgentsSessionsAreCompactedToo() {
        runner.withPropertyValues(TWO_AGENTS)
                .withPropertyValues("compaction.spring-ai.session-service-agent=planner")
                .run(context -> {
                    fill(context, 20);
                    CompactionTemplate researcher =
                            context.getBean("researcherCompactionTemplate", CompactionTemplate.class);

                    researcher.compact("s");

                    assertThat(researcher.state().popSummary("s")).contains("summary by model");
                });
    }

    @Test
    void severalAgents_noneNamed_failsTheFirstCompaction() {
        runner.withPropertyValues(TWO_AGENTS)
                .run(context -> assertThatThrownBy(
                                () -> context.getBean(Compactor.class).compact("s"))
                        .isInstanceOfSatisfying(
                                SpringAiSetupException.class,
                                e -> assertThat(e.action()).contains("compaction.spring-ai.session-service-agent")));
    }

    // Wrong combinations with a default advisor stop the start.

    @Test
    void defaultAdvisor_noModel_stopsTheStart() {
        withoutModel
                .withPropertyValues(DEFAULT_ADVISOR)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("compaction.spring-ai.default-advisor")
                        .hasMessageContaining("The agent 'planner' has no CompactionAdvisor"));
    }

    @Test
    void defaultAdvisor_severalModels_stopsTheStart() {
        runner.withBean("other", ChatModel.class, ScriptedModel::new)
                .withPropertyValues(DEFAULT_ADVISOR)
                .run(context -> assertThat(context)
                        .getFailure()
                        .isInstanceOf(SpringAiSetupException.class)
                        .hasMessageContaining("There are: model, other."));
    }

    @Test
    void defaultAdvisor_nothingToRead_stopsTheStart() {
        runner.withUserConfiguration(OwnService.class)
                .withBean(
                        "other",
                        SessionService.class,
                        () -> service(InMemorySessionRepository.builder().build()))
                .withBean(
                        "memory", ChatMemory.class, () -> new ConcurrentChatMemory(new InMemoryChatMemoryRepository()))
                .withBean(
                        "otherMemory",
                        ChatMemory.class,
                        () -> new ConcurrentChatMemory(new InMemoryChatMemoryRepository()))
                .withPropertyValues(DEFAULT_ADVISOR)
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasMessageContaining("one SessionService or ChatMemory bean, or a primary one"));
    }

    private static void fill(ApplicationContext context, int turns) {
        SessionService sessions = context.getBean(SessionService.class);
        sessions.create(CreateSessionRequest.builder().id("s").userId("ann").build());
        for (int i = 1; i <= turns; i++) {
            sessions.appendMessage("s", new UserMessage("u" + i));
            sessions.appendMessage("s", new AssistantMessage("a" + i));
        }
    }

    private static ChatClientResponse ask(ApplicationContext context) {
        return context.getBean(ChatClient.Builder.class)
                .defaultAdvisors(SessionMemoryAdvisor.builder(context.getBean(SessionService.class))
                        .build())
                .build()
                .prompt("And now?")
                .advisors(advisors -> advisors.param(SessionMemoryAdvisor.SESSION_ID_CONTEXT_KEY, "s"))
                .call()
                .chatClientResponse();
    }

    private static List<@Nullable String> active(ApplicationContext context) {
        return context.getBean(SessionService.class).getEvents("s", EventFilter.active()).stream()
                .map(SessionEvent::getMessage)
                .map(Message::getText)
                .toList();
    }

    private static SessionService service(SessionRepository repository) {
        return DefaultSessionService.builder().sessionRepository(repository).build();
    }

    @Configuration(proxyBeanMethods = false)
    static class Repository {
        @Bean
        SessionRepository repository() {
            return InMemorySessionRepository.builder().build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnService {
        @Bean
        SessionService mine(SessionRepository repository) {
            return service(repository);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PrimaryService {
        @Bean
        @Primary
        SessionService mine(SessionRepository repository) {
            return service(repository);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnChatMemoryCompactor {
        @Bean
        ChatMemoryCompactor mine(ConcurrentChatMemory memory) {
            return ChatMemoryCompactor.builder(memory, ChatClient.create(new ScriptedModel()))
                    .share(0.5)
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnAdvisor {
        @Bean
        CompactionAdvisor plannerCompactionAdvisor(
                CompactionTemplate plannerCompactionTemplate, SessionService sessions) {
            return CompactionAdvisor.builder(plannerCompactionTemplate, new SessionHistory(sessions))
                    .order(7)
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnStrategies {
        @Bean
        @Order(2)
        CompactionStrategy window() {
            return SlidingWindowCompactionStrategy.builder().maxEvents(4).build();
        }

        @Bean
        @Order(1)
        CompactionStrategy widerWindow() {
            return SlidingWindowCompactionStrategy.builder().maxEvents(6).build();
        }
    }

    static class Events {

        final List<SummaryDeliveredEvent> delivered = new ArrayList<>();

        @EventListener
        void on(SummaryDeliveredEvent event) {
            delivered.add(event);
        }
    }
}
