package io.github.agentcompaction.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springaicommunity.session.autoconfigure.SessionServiceAutoConfiguration;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.SlidingWindowCompactionStrategy;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@ExtendWith(OutputCaptureExtension.class)
class CoordinatedSessionServiceAutoConfigurationTests {

    /** Both auto-configurations, spring-ai-session's own and ours. */
    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    CompactionAutoConfiguration.class,
                    SessionServiceAutoConfiguration.class,
                    CoordinatedSessionServiceAutoConfiguration.class));

    @Test
    void autoConfiguredService_isDecoratedAndWorks() {
        runner.withUserConfiguration(Repository.class).run(context -> {
            SessionService service = context.getBean(SessionService.class);
            SessionCompactionState state = context.getBean(SessionCompactionState.class);
            Session session = service.create(
                    CreateSessionRequest.builder().id("s").userId("ann").build());
            List.of("m1", "m2", "m3").forEach(text -> service.appendMessage(session.id(), new UserMessage(text)));
            long epoch = state.getLock("s").epoch();

            service.compact(
                    "s",
                    request -> true,
                    SlidingWindowCompactionStrategy.builder().maxEvents(1).build());

            assertThat(compacting(service)).isInstanceOf(CoordinatedSessionService.class);
            assertThat(state.getLock("s").epoch()).isEqualTo(epoch + 1);
        });
    }

    @Test
    void serviceWithARepositoryThatIsNoBean_isDecoratedAndWorksOnThat() {
        runner.withUserConfiguration(Repository.class, OwnService.class).run(context -> {
            SessionService service = context.getBean(SessionService.class);
            service.create(CreateSessionRequest.builder().id("s").userId("ann").build());
            service.appendMessage("s", new UserMessage("m1"));
            service.appendMessage("s", new UserMessage("m2"));

            CompactionResult result = service.compact(
                    "s",
                    request -> true,
                    SlidingWindowCompactionStrategy.builder().maxEvents(1).build());

            assertThat(compacting(service)).isInstanceOf(CoordinatedSessionService.class);
            assertThat(result.archivedEvents()).hasSize(1);
        });
    }

    @Test
    void serviceOfAnotherClass_keepsItsOwnCompactAndSaysSo(CapturedOutput output) {
        runner.withUserConfiguration(Repository.class, OtherService.class)
                .run(context -> assertThat(context.getBean(SessionService.class))
                        .isNotInstanceOfAny(CoordinatedSessionService.class, LateSessionService.class));

        assertThat(output)
                .containsOnlyOnce("The SessionService 'otherService' is a ")
                .contains("new CoordinatedSessionService(service, repository, state)");
    }

    @Test
    void listenerThatNeedsTheService_startsAndTheServiceCompactsCoordinated() {
        runner.withUserConfiguration(Repository.class, ListenerWithService.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    SessionService service = context.getBean(SessionService.class);
                    service.create(
                            CreateSessionRequest.builder().id("s").userId("ann").build());
                    List.of("m1", "m2").forEach(text -> service.appendMessage("s", new UserMessage(text)));
                    SessionCompactionState state = context.getBean(SessionCompactionState.class);
                    long epoch = state.getLock("s").epoch();

                    CompactionResult result = service.compact(
                            "s",
                            request -> true,
                            SlidingWindowCompactionStrategy.builder()
                                    .maxEvents(1)
                                    .build());

                    assertThat(result.archivedEvents()).hasSize(1);
                    assertThat(state.getLock("s").epoch()).isEqualTo(epoch + 1);
                });
    }

    @Test
    void unknownAgent_withAListenerThatNeedsTheService_stopsTheStart() {
        runner.withUserConfiguration(Repository.class, ListenerWithService.class)
                .withPropertyValues(
                        "compaction.agents.planner=", "compaction.spring-ai.session-service-agent=resaercher")
                .run(context ->
                        assertThat(context).getFailure().isInstanceOf(InvalidCompactionPropertyException.class));
    }

    @Test
    void ownDecoratedService_isLeftAlone() {
        runner.withUserConfiguration(Repository.class, OwnDecoratedService.class)
                .run(context -> assertThat(context.getBean(SessionService.class))
                        .hasToString("CoordinatedSessionService[SessionCompactionState[agent=mine, ttl=PT1H,"
                                + " maxSize=10000], DefaultSessionService]"));
    }

    @Test
    void severalAgents_theNamedOneServes() {
        runner.withUserConfiguration(Repository.class)
                .withPropertyValues(
                        "compaction.agents.planner=",
                        "compaction.agents.researcher=",
                        "compaction.spring-ai.session-service-agent=researcher")
                .run(context -> assertThat(compacting(context.getBean(SessionService.class))
                                .toString())
                        .contains("agent=researcher"));
    }

    @Test
    void severalAgents_noneNamed_isLeftAloneAndSaysSo(CapturedOutput output) {
        runner.withUserConfiguration(Repository.class)
                .withPropertyValues("compaction.agents.planner=", "compaction.agents.researcher=")
                .run(context -> assertThat(compacting(context.getBean(SessionService.class)))
                        .isInstanceOf(DefaultSessionService.class));

        assertThat(output)
                .contains("The SessionService 'sessionService' compacts without coordination")
                .contains("planner, researcher")
                .contains("compaction.spring-ai.session-service-agent");
    }

    @Test
    void unknownAgent_stopsTheStart() {
        runner.withUserConfiguration(Repository.class)
                .withPropertyValues(
                        "compaction.agents.planner=", "compaction.spring-ai.session-service-agent=resaercher")
                .run(context -> assertThat(context)
                        .getFailure()
                        .isInstanceOf(InvalidCompactionPropertyException.class)
                        .hasMessageContaining("'compaction.spring-ai.session-service-agent'")
                        .hasMessageContaining("There is no agent 'resaercher'. Agents: planner."));
    }

    @Test
    void lockTimeout_isTheAgents() {
        runner.withUserConfiguration(Repository.class)
                .withPropertyValues("compaction.agents.planner.lock-timeout=7s")
                .run(context -> assertThat(compacting(context.getBean(SessionService.class)))
                        .extracting("lockTimeout")
                        .hasToString("PT7S"));
    }

    @Test
    void switchedOff_isLeftAlone() {
        runner.withUserConfiguration(Repository.class)
                .withPropertyValues("compaction.spring-ai.decorate-session-service=false")
                .run(context ->
                        assertThat(context.getBean(SessionService.class)).isInstanceOf(DefaultSessionService.class));
    }

    @Test
    void compactionSwitchedOff_isLeftAlone() {
        runner.withUserConfiguration(Repository.class)
                .withPropertyValues("compaction.enabled=false")
                .run(context ->
                        assertThat(context.getBean(SessionService.class)).isInstanceOf(DefaultSessionService.class));
    }

    @Test
    void noSessionService_starts() {
        runner.run(context ->
                assertThat(context).hasSingleBean(CompactionStates.class).doesNotHaveBean(SessionService.class));
    }

    @Test
    void withoutSpringAiSession_starts() {
        runner.withClassLoader(new FilteredClassLoader("org.springframework.ai.session"))
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionStates.class)
                        .doesNotHaveBean("compactionSessionServiceDecorator"));
    }

    private static SessionService compacting(SessionService service) {
        return ((LateSessionService) service).compacting();
    }

    @Configuration(proxyBeanMethods = false)
    static class ListenerWithService {

        @Bean
        CompactionListener listener(SessionService sessions) {
            assertThat(sessions).isNotNull();
            return new CompactionListener() {};
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Repository {

        @Bean
        SessionRepository sessions() {
            return InMemorySessionRepository.builder().build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnService {

        @Bean
        SessionService ownService() {
            return DefaultSessionService.builder()
                    .sessionRepository(InMemorySessionRepository.builder().build())
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OtherService {

        @Bean
        SessionService otherService() {
            return mock();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnDecoratedService {

        @Bean
        SessionService ownService(SessionRepository sessions) {
            return new CoordinatedSessionService(
                    DefaultSessionService.builder().sessionRepository(sessions).build(),
                    sessions,
                    SessionCompactionState.builder().agent("mine").build());
        }
    }
}
