package io.github.agentcompaction.spring.boot.autoconfigure;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/** No compaction in the background outlives its application context. */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(120)
class BackgroundLifecycleTests {

    private static final String TEMPLATE = "plannerCompactionTemplate";

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final HeldCompactor compactor = new HeldCompactor();
    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(CompactionAutoConfiguration.class, LifecycleAutoConfiguration.class))
            .withPropertyValues("compaction.agents.planner=")
            .withBean(Compactor.class, () -> compactor);

    @AfterEach
    void release() {
        compactor.release.countDown();
    }

    /** Waits until it is released, or interrupted. */
    private static final class HeldCompactor implements Compactor {

        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);
        volatile boolean ignoresInterrupts;
        volatile boolean interrupted;
        volatile @Nullable Thread thread;

        @Override
        public Optional<String> compact(String sessionId) throws InterruptedException {
            thread = Thread.currentThread();
            begun.countDown();
            while (true) {
                try {
                    release.await();
                    return Optional.of("summary");
                } catch (InterruptedException e) {
                    interrupted = true;
                    if (!ignoresInterrupts) {
                        throw e;
                    }
                }
            }
        }

        boolean isRunning() {
            Thread thread = this.thread;
            return thread != null
                    && Arrays.stream(thread.getStackTrace())
                            .anyMatch(frame -> frame.getClassName().equals(HeldCompactor.class.getName()));
        }
    }

    private static CompletableFuture<CompactionOutcome> begin(ApplicationContext context, String session) {
        return begin(context.getBean(CompactionTemplate.class), session);
    }

    private static CompletableFuture<CompactionOutcome> begin(CompactionTemplate template, String session) {
        return template.compactInBackground(
                session, template.state().getLock(session).epoch(), Duration.ZERO);
    }

    private void awaitBegun() throws InterruptedException {
        assertThat(compactor.begun.await(60, SECONDS)).isTrue();
    }

    @Test
    void close_letsARunningOneEnd() {
        runner.run(context -> {
            CompactionTemplate template = context.getBean(CompactionTemplate.class);
            CompletableFuture<CompactionOutcome> running = begin(context, "s");
            awaitBegun();
            assertThat(compactor.thread).asString().contains("agent-compaction-");

            CompletableFuture<Void> closed = CompletableFuture.runAsync(context.getSourceApplicationContext()::close);
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> begin(template, "other").getNow(null) == CompactionOutcome.REJECTED);
            assertThat(closed).isNotDone();
            compactor.release.countDown();
            closed.get(60, SECONDS);

            assertThat(running).isCompletedWithValue(CompactionOutcome.COMPACTED);
            assertThat(template.state().getSummary("s")).contains("summary");
            assertThat(template.background().running()).isZero();
            assertThat(compactor.isRunning()).isFalse();
            assertThat(compactor.interrupted).isFalse();
        });
    }

    @Test
    void close_nothingRuns_doesNotWait() {
        runner.withPropertyValues("spring.lifecycle.timeout-per-shutdown-phase=10m")
                .run(context -> context.getSourceApplicationContext().close());
    }

    @Test
    void close_afterThePhasesTime_interruptsIt() {
        runner.withPropertyValues("spring.lifecycle.timeout-per-shutdown-phase=50ms")
                .run(context -> {
                    CompactionTemplate template = context.getBean(CompactionTemplate.class);
                    CompletableFuture<CompactionOutcome> running = begin(context, "s");
                    awaitBegun();

                    context.getSourceApplicationContext().close();

                    assertThat(compactor.interrupted).isTrue();
                    assertThat(template.background().running()).isZero();
                    assertThat(compactor.isRunning()).isFalse();
                    assertThat(running).isCompletedWithValue(CompactionOutcome.CANCELLED);
                    assertThat(template.state().getSummary("s")).isEmpty();
                });
    }

    /** Beans that are made after the start, too. */
    @Test
    void close_whatTheCompactorUses_isThereUntilItHasEnded() {
        runner.withPropertyValues(
                        "spring.lifecycle.timeout-per-shutdown-phase=50ms", "spring.main.lazy-initialization=true")
                .withUserConfiguration(CompactorWithConnection.class)
                .run(context -> {
                    begin(context, "s");
                    Connection connection = context.getBean(Connection.class);
                    assertThat(connection.used.await(60, SECONDS)).isTrue();

                    context.getSourceApplicationContext().close();

                    assertThat(connection.closedWhileUsed).isFalse();
                });
    }

    @Configuration(proxyBeanMethods = false)
    static class CompactorWithConnection {

        @Bean
        @Lazy
        Connection connection() {
            return new Connection();
        }

        @Bean
        @Lazy
        Compactor plannerCompactor(Connection connection) {
            return connection::use;
        }
    }

    static final class Connection implements DisposableBean {

        final CountDownLatch used = new CountDownLatch(1);
        volatile boolean inUse;
        volatile boolean closedWhileUsed;

        Optional<String> use(String session) throws InterruptedException {
            inUse = true;
            used.countDown();
            try {
                new CountDownLatch(1).await();
                return Optional.empty();
            } finally {
                inUse = false;
            }
        }

        @Override
        public void destroy() {
            closedWhileUsed = inUse;
        }
    }

    @Test
    void destroy_compactorIgnoresIt_warns(CapturedOutput output) throws Exception {
        compactor.ignoresInterrupts = true;
        CompactionTemplate template = CompactionTemplate.builder(
                        SessionCompactionState.builder().agent("planner").build(), compactor)
                .build();
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        beans.registerSingleton("template", template);
        BackgroundLifecycle lifecycle = new BackgroundLifecycle(beans, Duration.ofMillis(50));
        lifecycle.setBeanName("lifecycle");
        lifecycle.start();
        begin(template, "s");
        awaitBegun();

        lifecycle.stop();
        lifecycle.destroy();

        assertThat(output.toString().lines().filter(line -> line.contains("that ignore that the application ends: 1")))
                .hasSize(1);
        assertThat(compactor.interrupted).isTrue();
    }

    @Test
    void stopAndStart_letsThemBeginAgain() {
        compactor.release.countDown();
        runner.run(context -> {
            ConfigurableApplicationContext application = context.getSourceApplicationContext();
            application.stop();
            assertThat(begin(context, "s")).isCompletedWithValue(CompactionOutcome.REJECTED);

            application.start();

            assertThat(begin(context, "s").get(60, SECONDS)).isEqualTo(CompactionOutcome.COMPACTED);
        });
    }

    @Test
    void stop_lazyTemplate_isNotMadeForIt() {
        runner.withInitializer(context -> context.addBeanFactoryPostProcessor(
                        beans -> beans.getBeanDefinition(TEMPLATE).setLazyInit(true)))
                .run(context -> {
                    ConfigurableApplicationContext application = context.getSourceApplicationContext();
                    application.stop();
                    application.start();

                    assertThat(application.getBeanFactory().containsSingleton(TEMPLATE))
                            .isFalse();
                });
    }

    @Test
    void phase_isRightAfterTheWebServers() {
        runner.run(
                context -> assertThat(context.getBean(BackgroundLifecycle.class).getPhase())
                        .isLessThan(WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE)
                        .isLessThan(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE)
                        .isGreaterThanOrEqualTo(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1024));
    }
}
