package io.github.agentcompaction.spring.boot.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class CompactionMetricsAutoConfigurationTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    CompactionAutoConfiguration.class,
                    CompactionMetricsAutoConfiguration.class,
                    MetricsAutoConfiguration.class,
                    CompositeMeterRegistryAutoConfiguration.class))
            .withPropertyValues("compaction.agents.planner=", "compaction.agents.researcher=");

    @Test
    void states_feedTheRegistry() {
        runner.withConfiguration(AutoConfigurations.of(SimpleMetricsExportAutoConfiguration.class))
                .run(context -> {
                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    CompactionStates states = context.getBean(CompactionStates.class);

                    states.get("planner").getLock("s").acquire().close();

                    assertThat(held(registry, "planner")).isEqualTo(1);
                    assertThat(held(registry, "researcher")).isZero();
                    assertThat(registry.get("compaction.cache.size")
                                    .tags("agent", "planner", "cache", "locks")
                                    .gauge()
                                    .value())
                            .isEqualTo(1);
                });
    }

    @Test
    void severalRegistries_countEveryEventOnce() {
        runner.withBean("one", SimpleMeterRegistry.class)
                .withBean("two", SimpleMeterRegistry.class)
                .run(context -> {
                    context.getBean(CompactionStates.class)
                            .get("planner")
                            .getLock("s")
                            .acquire()
                            .close();

                    assertThat(held(context.getBean("one", MeterRegistry.class), "planner"))
                            .isEqualTo(1);
                    assertThat(held(context.getBean("two", MeterRegistry.class), "planner"))
                            .isEqualTo(1);
                });
    }

    @Test
    void ownState_hasGaugesAndTakesTheListener() {
        runner.withConfiguration(AutoConfigurations.of(SimpleMetricsExportAutoConfiguration.class))
                .withUserConfiguration(OwnState.class)
                .run(context -> {
                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    SessionCompactionState planner =
                            context.getBean(CompactionStates.class).get("planner");
                    assertThat(planner.maxSize()).isEqualTo(7);

                    planner.storeSummary("s", "text");

                    assertThat(registry.get("compaction.cache.size")
                                    .tags("agent", "planner", "cache", "summaries")
                                    .gauge()
                                    .value())
                            .isEqualTo(1);
                    assertThat(registry.get("compaction.summaries")
                                    .tags("agent", "planner", "event", "stored")
                                    .counter()
                                    .count())
                            .isEqualTo(1);
                });
    }

    @Test
    void lazyBeans_haveMetersToo() {
        runner.withConfiguration(AutoConfigurations.of(SimpleMetricsExportAutoConfiguration.class))
                .withInitializer(context -> context.addBeanFactoryPostProcessor(
                        new org.springframework.boot.LazyInitializationBeanFactoryPostProcessor()))
                .run(context -> {
                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    context.getBean(CompactionStates.class)
                            .get("planner")
                            .getLock("s")
                            .acquire()
                            .close();

                    assertThat(held(registry, "planner")).isEqualTo(1);
                });
    }

    @Test
    void noRegistry_noListener() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        CompactionAutoConfiguration.class, CompactionMetricsAutoConfiguration.class))
                .run(context -> assertThat(context)
                        .hasSingleBean(SessionCompactionState.class)
                        .doesNotHaveBean(CompactionMetrics.class));
    }

    @Test
    void noMicrometer_noListener() {
        runner.withClassLoader(new FilteredClassLoader(MeterRegistry.class))
                .run(context ->
                        assertThat(context).hasBean("plannerCompactionState").doesNotHaveBean("compactionMetrics"));
    }

    @Test
    void switchedOff_metersStayAtZero() {
        runner.withConfiguration(AutoConfigurations.of(SimpleMetricsExportAutoConfiguration.class))
                .withBean(Compactor.class, () -> session -> Optional.of("summary"))
                .withPropertyValues("compaction.enabled=false")
                .run(context -> {
                    context.getBean("plannerCompactionTemplate", CompactionTemplate.class)
                            .compact("s");

                    assertThat(context.getBean(MeterRegistry.class)
                                    .get("compaction.compactions")
                                    .tag("agent", "planner")
                                    .timers())
                            .isNotEmpty()
                            .allMatch(timer -> timer.count() == 0);
                });
    }

    private static long held(MeterRegistry registry, String agent) {
        return registry.get("compaction.lock.hold").tag("agent", agent).timer().count();
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnState {
        @Bean
        SessionCompactionState plannerCompactionState(CompactionMetrics metrics) {
            return SessionCompactionState.builder()
                    .agent("planner")
                    .maxSize(7)
                    .listener(metrics.listener("planner"))
                    .build();
        }
    }
}
