package io.github.agentcompaction.spring.boot.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springaicommunity.session.autoconfigure.SessionServiceAutoConfiguration;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.SlidingWindowCompactionStrategy;
import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.core.test.tools.TestCompiler;

/** The session service is coordinated in a context that was written down as code. */
class SessionServiceAheadOfTimeTests {

    @Test
    @CompileWithForkedClassLoader
    void processed_sessionServiceIsCoordinated() {
        assertThat(epochsAfterACompaction()).isEqualTo(1);
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_switchedOffAtTheStart_sessionServiceIsNot() {
        assertThat(epochsAfterACompaction("compaction.enabled=false")).isZero();
    }

    /** By how much the epoch moves when the session service compacts. */
    @SuppressWarnings("unchecked") // the generated class is known by its raw type
    private static long epochsAfterACompaction(String... atStart) {
        AtomicLong moved = new AtomicLong();
        AnnotationConfigApplicationContext build =
                new AnnotationConfigApplicationContext(); // refreshed by the processing
        build.register(Application.class);
        TestGenerationContext generated = new TestGenerationContext();
        new ApplicationContextAotGenerator().processAheadOfTime(build, generated);
        generated.writeGeneratedContent();

        TestCompiler.forSystem().with(generated).compile(compiled -> {
            ApplicationContextInitializer<GenericApplicationContext> initializer =
                    compiled.getInstance(ApplicationContextInitializer.class);
            try (GenericApplicationContext context = new GenericApplicationContext()) {
                TestPropertyValues.of(atStart).applyTo(context);
                initializer.initialize(context);
                context.refresh();

                SessionService sessions = context.getBean(User.class).sessions;
                sessions.create(
                        CreateSessionRequest.builder().id("s").userId("ann").build());
                List.of("m1", "m2").forEach(text -> sessions.appendMessage("s", new UserMessage(text)));
                SessionCompactionState state = context.getBean(SessionCompactionState.class);
                long epoch = state.getLock("s").epoch();

                CompactionResult result = sessions.compact(
                        "s",
                        request -> true,
                        SlidingWindowCompactionStrategy.builder().maxEvents(1).build());

                assertThat(result.archivedEvents()).hasSize(1);
                moved.set(state.getLock("s").epoch() - epoch);
            }
        });
        return moved.get();
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

    record User(SessionService sessions) {}
}
