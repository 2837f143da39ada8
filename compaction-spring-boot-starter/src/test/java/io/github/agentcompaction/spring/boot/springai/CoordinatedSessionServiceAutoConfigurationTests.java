package io.github.agentcompaction.spring.boot.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springaicommunity.session.autoconfigure.SessionServiceAutoConfiguration;
import org.springaicommunity.session.autoconfigure.SessionServiceProperties;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.SlidingWindowCompactionStrategy;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
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
    void autoConfiguredService_isCoordinatedAndWorks() {
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

            assertThat(compacting(context)).isInstanceOf(CoordinatedSessionService.class);
            assertThat(state.getLock("s").epoch()).isEqualTo(epoch + 1);
        });
    }

    @Test
    void withoutSpringAiSessionsAutoConfiguration_isCoordinatedToo() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        CompactionAutoConfiguration.class, CoordinatedSessionServiceAutoConfiguration.class))
                .withUserConfiguration(Repository.class)
                .run(context -> assertThat(compacting(context)).isInstanceOf(CoordinatedSessionService.class));
    }

    @Test
    void comesBeforeSpringAiSessions() { // by its annotation: without it, the alphabet would happen to order them so
        AutoConfiguration order =
                CoordinatedSessionServiceAutoConfiguration.class.getAnnotation(AutoConfiguration.class);

        assertThat(order.beforeName()).containsExactly(SessionServiceAutoConfiguration.class.getName());
    }

    @Test
    void timeToLive_isSpringAiSessions() {
        runner.withUserConfiguration(Repository.class)
                .withPropertyValues("spring.ai.session.time-to-live=7h")
                .run(context -> assertThat(expiresAfter(context)).isEqualTo(Duration.ofHours(7)));
        runner.withUserConfiguration(Repository.class)
                .run(context ->
                        assertThat(expiresAfter(context)).isEqualTo(new SessionServiceProperties().getTimeToLive()));
    }

    private static Duration expiresAfter(ApplicationContext context) {
        Session session = context.getBean(SessionService.class)
                .create(CreateSessionRequest.builder().id("s").userId("ann").build());
        return Duration.between(session.createdAt(), Objects.requireNonNull(session.expiresAt()));
    }

    @Test
    void ownService_keepsItsOwnCompactAndSaysHowToCoordinateIt(CapturedOutput output) {
        runner.withUserConfiguration(Repository.class, OwnService.class)
                .run(context -> assertThat(context.getBean(SessionService.class))
                        .isSameAs(context.getBean("ownService"))
                        .isInstanceOf(DefaultSessionService.class));

        assertThat(output)
                .containsOnlyOnce("The SessionService 'ownService' is a " + DefaultSessionService.class.getName())
                .contains("return new CoordinatedSessionService(service, repository, state) from its bean method");
    }

    @Test
    void nothingOwn_saysNothing(CapturedOutput output) {
        runner.withUserConfiguration(Repository.class)
                .run(context -> assertThat(context).hasNotFailed());

        assertThat(output).doesNotContain("The SessionService");
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
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidConfigurationPropertyValueException.class));
    }

    @Test
    void ownCoordinatedService_isLeftAlone() {
        runner.withUserConfiguration(Repository.class, OwnCoordinatedService.class)
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
                .run(context -> assertThat(compacting(context).toString()).contains("agent=researcher"));
    }

    @Test
    void severalAgents_noneNamed_isLeftAloneAndSaysSo(CapturedOutput output) {
        runner.withUserConfiguration(Repository.class)
                .withPropertyValues("compaction.agents.planner=", "compaction.agents.researcher=")
                .run(context -> assertThat(compacting(context)).isInstanceOf(DefaultSessionService.class));

        assertThat(output)
                .containsOnlyOnce("The SessionService compacts without coordination")
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
                        .rootCause()
                        .isInstanceOf(InvalidConfigurationPropertyValueException.class)
                        .hasMessageContaining("compaction.spring-ai.session-service-agent")
                        .hasMessageContaining("There is no agent 'resaercher'. Name one of these: planner."));
    }

    @Test
    void lockTimeout_isTheAgents() {
        runner.withUserConfiguration(Repository.class)
                .withPropertyValues("compaction.agents.planner.lock-timeout=7s")
                .run(context -> assertThat(compacting(context))
                        .extracting("lockTimeout")
                        .hasToString("PT7S"));
    }

    @Test
    void switchedOff_compactsAsSpringAiSession(CapturedOutput output) {
        runner.withUserConfiguration(Repository.class, ListenerWithService.class)
                .withPropertyValues(
                        "compaction.enabled=false", "compaction.agents.planner=", "compaction.agents.researcher=")
                .run(context -> {
                    SessionService service = context.getBean(SessionService.class);
                    service.create(
                            CreateSessionRequest.builder().id("s").userId("ann").build());
                    List.of("m1", "m2").forEach(text -> service.appendMessage("s", new UserMessage(text)));

                    CompactionResult result = service.compact(
                            "s",
                            request -> true,
                            SlidingWindowCompactionStrategy.builder()
                                    .maxEvents(1)
                                    .build());

                    assertThat(result.archivedEvents()).hasSize(1);
                    assertThat(compacting(context)).isInstanceOf(DefaultSessionService.class);
                });

        assertThat(output).doesNotContain("The SessionService");
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
                        .doesNotHaveBean("compactionSessionServiceNotice"));
    }

    @Test
    void repositoryOfSpringAi21_isLeftAloneAndSaysSo(@TempDir Path folder, CapturedOutput output) throws Exception {
        ClassLoader springAi21 = withStandIn(folder, "org.springframework.ai.session", "SessionRepository");

        new ApplicationContextRunner()
                .withClassLoader(springAi21)
                .withConfiguration(AutoConfigurations.of(
                        CompactionAutoConfiguration.class,
                        CoordinatedSessionServiceAutoConfiguration.class,
                        SessionCompactorAutoConfiguration.class))
                .withBean(SessionService.class, () -> new OwnService().ownService())
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionStates.class)
                        .doesNotHaveBean("compactionSessionServiceNotice")
                        .doesNotHaveBean("compactionSessionService")
                        .doesNotHaveBean("compactionSessionHistory"));

        assertThat(output)
                .containsOnlyOnce(
                        "The session service is not coordinated: org.springframework.ai.session.SessionRepository"
                                + " has no method compactEvents");
    }

    /** A class loader with an interface of the given name that has no method {@code compactEvents}. */
    private static ClassLoader withStandIn(Path folder, String standInPackage, String name) throws IOException {
        Path source = Files.writeString(
                folder.resolve(name + ".java"),
                "package " + standInPackage + "; public interface " + name + " { void append(String id); }");
        int failed = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-d", folder.toString(), source.toString());
        assertThat(failed).isZero();
        byte[] standIn = Files.readAllBytes(folder.resolve(standInPackage.replace('.', '/') + "/" + name + ".class"));
        return new ClassLoader(CoordinatedSessionServiceAutoConfigurationTests.class.getClassLoader()) {
            @Override
            protected Class<?> loadClass(String wanted, boolean resolve) throws ClassNotFoundException {
                if (!wanted.equals(standInPackage + "." + name)) {
                    return super.loadClass(wanted, resolve);
                }
                Class<?> loaded = findLoadedClass(wanted);
                return loaded != null ? loaded : defineClass(wanted, standIn, 0, standIn.length);
            }
        };
    }

    /** The service behind the lazy one that is injected. */
    private static SessionService compacting(ApplicationContext context) {
        return context.getBean("compactionSessionService", SessionService.class);
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
    static class OwnCoordinatedService {

        @Bean
        SessionService ownService(SessionRepository sessions) {
            return new CoordinatedSessionService(
                    DefaultSessionService.builder().sessionRepository(sessions).build(),
                    sessions,
                    SessionCompactionState.builder().agent("mine").build());
        }
    }
}
