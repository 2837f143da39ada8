package io.github.agentcompaction.spring.boot.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.ProcessedContext;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.springai.CompactionAdvisor;
import org.junit.jupiter.api.Test;
import org.springaicommunity.session.autoconfigure.SessionServiceAutoConfiguration;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.advisor.SessionMemoryAdvisor;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.SlidingWindowCompactionStrategy;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;

/** The session service is coordinated in a context that was written down as code. */
class SessionServiceAheadOfTimeTests {

    private static final String[] DEFAULTS = {};

    @Test
    @CompileWithForkedClassLoader
    void processed_sessionServiceIsCoordinated() {
        ProcessedContext.start(
                Application.class,
                DEFAULTS,
                DEFAULTS,
                context -> assertThat(epochsAfterACompaction(context)).isEqualTo(1));
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_switchedOffAtTheStart_sessionServiceIsNot() {
        String[] atStart = {"compaction.enabled=false"};
        ProcessedContext.start(
                Application.class,
                DEFAULTS,
                atStart,
                context -> assertThat(epochsAfterACompaction(context)).isZero());
    }

    /** By how much the epoch moves when the session service compacts. */
    private static long epochsAfterACompaction(GenericApplicationContext context) {
        SessionService sessions = context.getBean(User.class).sessions;
        fill(sessions, 2);
        SessionCompactionState state = context.getBean(SessionCompactionState.class);
        long epoch = state.getLock("s").epoch();

        CompactionResult result = sessions.compact(
                "s",
                request -> true,
                SlidingWindowCompactionStrategy.builder().maxEvents(1).build());

        assertThat(result.archivedEvents()).hasSize(1);
        return state.getLock("s").epoch() - epoch;
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_callGoesOnWithTheCompactedSession() {
        ProcessedContext.start(ChatApplication.class, DEFAULTS, DEFAULTS, context -> {
            SessionService sessions = context.getBean(SessionService.class);
            fill(sessions, 20);
            ChatClient client = ChatClient.builder(context.getBean(ChatModel.class))
                    .defaultAdvisors(
                            context.getBean(CompactionAdvisor.class),
                            SessionMemoryAdvisor.builder(sessions).build())
                    .build();

            assertThat(client.prompt("And now?")
                            .advisors(advisors -> advisors.param(SessionMemoryAdvisor.SESSION_ID_CONTEXT_KEY, "s"))
                            .call()
                            .chatClientResponse()
                            .context())
                    .containsEntry(CompactionAdvisor.SUMMARY, "summary by model");
        });
    }

    private static void fill(SessionService sessions, int messages) {
        sessions.create(CreateSessionRequest.builder().id("s").userId("ann").build());
        for (int i = 1; i <= messages; i++) {
            sessions.appendMessage("s", new UserMessage("m" + i));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        CompactionAutoConfiguration.class,
        SessionServiceAutoConfiguration.class,
        CoordinatedSessionServiceAutoConfiguration.class
    })
    static class Application {

        @Bean
        SessionRepository repository() {
            return InMemorySessionRepository.builder().build();
        }

        @Bean
        User user(SessionService sessions) {
            return new User(sessions);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        CompactionAutoConfiguration.class,
        CompactionChatMemoryAutoConfiguration.class,
        ChatMemoryCompactorAutoConfiguration.class,
        CompactionAdvisorAutoConfiguration.class,
        CoordinatedSessionServiceAutoConfiguration.class,
        SessionCompactorAutoConfiguration.class
    })
    static class ChatApplication {

        @Bean
        SessionRepository repository() {
            return InMemorySessionRepository.builder().build();
        }

        @Bean
        ChatModel model() {
            return new ScriptedModel("model", 15);
        }
    }

    record User(SessionService sessions) {}
}
