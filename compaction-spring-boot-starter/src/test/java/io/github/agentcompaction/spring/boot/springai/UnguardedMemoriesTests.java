package io.github.agentcompaction.spring.boot.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.spring.boot.store.Replicas;
import io.github.agentcompaction.spring.boot.store.TestDatabase;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import io.github.agentcompaction.store.HistoryGuard;
import java.sql.SQLException;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** With the store in the database no chat memory is left outside of it without a word, and what the start advises is right. */
@ExtendWith(OutputCaptureExtension.class)
class UnguardedMemoriesTests {

    private static final String WITH_GUARD = "new ConcurrentChatMemory(memory, repository, guard)";
    private static final String WITHOUT_GUARD = "new ConcurrentChatMemory(memory, repository)";

    private final TestDatabase database = new TestDatabase();
    private final ApplicationContextRunner runner =
            Replicas.jdbc(database).withBean("model", ChatModel.class, ScriptedModel::new);

    @AfterEach
    void close() throws SQLException {
        database.close();
    }

    @Test
    void window_withDefaultAdvisor_theAdviceHasTheGuard() {
        ApplicationContextRunner advised = runner.withPropertyValues("compaction.spring-ai.default-advisor=planner");

        advised.withUserConfiguration(Window.class).run(context -> {
            SpringAiSetupException refused = refusal(context);
            assertThat(refused.description()).contains(MessageWindowChatMemory.class.getName());
            assertThat(refused.action()).contains(WITH_GUARD).doesNotContain(WITHOUT_GUARD);
        });
        advised.withUserConfiguration(AsAdvised.class).run(context -> {
            assertThat(context).hasNotFailed();
            context.getBean(ChatMemory.class).add("c", new UserMessage("hello"));
            assertThat(sessionsInTheStore(context)).isEqualTo(1);
        });
    }

    @Test
    void window_withoutDefaultAdvisor_isAWarning(CapturedOutput output) {
        runner.withUserConfiguration(Window.class).run(context -> {
            assertThat(context).hasNotFailed();
            assertThatThrownBy(() -> context.getBean(Compactor.class).compact("c"))
                    .isInstanceOfSatisfying(
                            SpringAiSetupException.class,
                            refused -> assertThat(refused.action()).contains(WITH_GUARD));
        });

        assertThat(output)
                .containsPattern("WARN .*The ChatMemory 'mine' is a .*MessageWindowChatMemory")
                .contains(WITH_GUARD);
    }

    @ParameterizedTest
    @ValueSource(classes = {TwoArguments.class, OneArgument.class, AnotherThanTheAgents.class})
    void withoutGuard_stopsTheStart(Class<?> configuration) {
        runner.withUserConfiguration(configuration).run(context -> {
            SpringAiSetupException refused = refusal(context);
            assertThat(refused.description())
                    .contains("The ConcurrentChatMemory 'mine' has no HistoryGuard", "compaction.store");
            assertThat(refused.action()).contains(WITH_GUARD).doesNotContain(WITHOUT_GUARD);
        });
    }

    @Test
    void withoutGuard_lazyInitialization_stopsTheStartToo() {
        runner.withUserConfiguration(TwoArguments.class)
                .withInitializer(context ->
                        context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
                .run(context -> assertThat(refusal(context).action()).contains(WITH_GUARD));
    }

    @Test
    void inThisProcess_notOfAnAgent_isAWarning(CapturedOutput output) {
        runner.withUserConfiguration(AsAdvised.class, Scratch.class)
                .run(context -> assertThat(context).hasNotFailed().hasBean("scratch"));

        assertThat(output)
                .containsPattern("WARN .*The ConcurrentChatMemory 'scratch' is in this process")
                .contains(WITH_GUARD)
                .doesNotContain("ChatMemory 'mine'");
    }

    @Test
    void inThisProcess_ofTheAgents_stopsTheStart() {
        runner.withUserConfiguration(InThisProcess.class)
                .run(context -> assertThat(refusal(context).description()).contains("'mine' has no HistoryGuard"));
    }

    /** Also where its repository is a bean, which the agents do not use. */
    @Test
    void inThisProcess_onARepositoryBean_notOfAnAgent_isAWarning(CapturedOutput output) {
        runner.withUserConfiguration(AsAdvised.class)
                .withBean(
                        "elsewhere",
                        ChatMemoryRepository.class,
                        InMemoryChatMemoryRepository::new,
                        definition -> definition.setFallback(true))
                .run(context -> assertThat(context).hasNotFailed().hasBean("elsewhere"));

        assertThat(output).doesNotContain("The ConcurrentChatMemory");
    }

    @Test
    void startersOwn_saysNothing(CapturedOutput output) {
        runner.run(context -> assertThat(context)
                .hasNotFailed()
                .getBean(ConcurrentChatMemory.class)
                .matches(ConcurrentChatMemory::isGuarded));

        assertThat(output).doesNotContain("The ChatMemory", "The ConcurrentChatMemory");
    }

    @Test
    void withoutStore_theAdviceIsWithoutGuard_andNothingIsAWarning(CapturedOutput output) {
        ApplicationContextRunner alone = runner.withPropertyValues("compaction.store=none");

        alone.withUserConfiguration(TwoArguments.class)
                .run(context -> assertThat(context).hasNotFailed());
        alone.withUserConfiguration(Window.class)
                .withPropertyValues("compaction.spring-ai.default-advisor=planner")
                .run(context -> assertThat(refusal(context).action()).contains(WITHOUT_GUARD));

        assertThat(output)
                .containsPattern("INFO .*The ChatMemory 'mine' is a .*MessageWindowChatMemory")
                .doesNotContainPattern("WARN .*ChatMemory 'mine'");
    }

    private static int sessionsInTheStore(AssertableApplicationContext context) {
        return context.getBean(JdbcTemplate.class)
                .queryForList("SELECT session_id FROM compaction_session")
                .size();
    }

    private static SpringAiSetupException refusal(AssertableApplicationContext context) {
        Throwable e = Objects.requireNonNull(context.getStartupFailure(), "it has started");
        while (!(e instanceof SpringAiSetupException)) {
            e = Objects.requireNonNull(e.getCause(), "it was stopped by something else");
        }
        return (SpringAiSetupException) e;
    }

    private static ChatMemory window(ChatMemoryRepository repository) {
        return MessageWindowChatMemory.builder()
                .chatMemoryRepository(repository)
                .build();
    }

    @Configuration(proxyBeanMethods = false)
    static class Window {
        @Bean
        ChatMemory mine(ChatMemoryRepository repository) {
            return window(repository);
        }
    }

    /** As in docs/replicas.md. */
    @Configuration(proxyBeanMethods = false)
    static class AsAdvised {
        @Bean
        ChatMemory mine(ChatMemoryRepository repository, HistoryGuard guard) {
            return new ConcurrentChatMemory(window(repository), repository, guard);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoArguments {
        @Bean
        ChatMemory mine(ChatMemoryRepository repository) {
            return new ConcurrentChatMemory(window(repository), repository);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OneArgument {
        @Bean
        ChatMemory mine(ChatMemoryRepository repository) {
            return new ConcurrentChatMemory(repository);
        }
    }

    /** No agent uses it, but replicas share its repository. */
    @Configuration(proxyBeanMethods = false)
    static class AnotherThanTheAgents {
        @Bean
        ChatMemory agents(ChatMemoryRepository repository, HistoryGuard guard) {
            return new ConcurrentChatMemory(repository, guard);
        }

        @Bean(defaultCandidate = false)
        ChatMemory mine(ChatMemoryRepository repository) {
            return new ConcurrentChatMemory(repository);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Scratch {
        @Bean(defaultCandidate = false)
        ChatMemory scratch() {
            return new ConcurrentChatMemory(new InMemoryChatMemoryRepository());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class InThisProcess {
        @Bean
        ChatMemory mine() {
            return new ConcurrentChatMemory(new InMemoryChatMemoryRepository());
        }
    }
}
