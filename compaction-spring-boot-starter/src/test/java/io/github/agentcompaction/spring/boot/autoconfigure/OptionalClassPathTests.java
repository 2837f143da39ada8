package io.github.agentcompaction.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Starts with everything that is on the class path, less what the application does not have. */
class OptionalClassPathTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withUserConfiguration(Application.class)
            .withPropertyValues("compaction.agents.planner=", "management.endpoints.web.exposure.include=*");

    @Test
    void everythingOnTheClassPath_allParts() {
        runner.run(context -> assertThat(context)
                .hasSingleBean(CompactionTemplate.class)
                .hasBean("compactionMetrics")
                .hasBean("compactionEndpoint")
                .hasBean("compactionHealthContributor"));
    }

    @Test
    void withoutMicrometer_noMetrics() {
        runner.withClassLoader(new FilteredClassLoader("io.micrometer", "org.springframework.boot.micrometer"))
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionTemplate.class)
                        .doesNotHaveBean("compactionMetrics")
                        .hasBean("compactionEndpoint")
                        .hasBean("compactionHealthContributor"));
    }

    @Test
    void withoutActuator_noEndpoint() {
        runner.withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate"))
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionTemplate.class)
                        .hasBean("compactionMetrics")
                        .doesNotHaveBean("compactionEndpoint")
                        .doesNotHaveBean("compactionEndpointWebExtension"));
    }

    @Test
    void withoutActuatorAutoConfiguration_noEndpoint() {
        runner.withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate.autoconfigure"))
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionTemplate.class)
                        .doesNotHaveBean("compactionEndpoint"));
    }

    @Test
    void withoutHealth_noHealthContributor() {
        runner.withClassLoader(new FilteredClassLoader("org.springframework.boot.health"))
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionTemplate.class)
                        .doesNotHaveBean("compactionHealthContributor"));
    }

    @Test
    void withoutWeb_allParts() {
        runner.withClassLoader(new FilteredClassLoader("org.springframework.web", "jakarta.servlet"))
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionTemplate.class)
                        .hasBean("compactionMetrics")
                        .hasBean("compactionEndpoint"));
    }

    @Test
    void withoutAnyOfThem_onlyTheAgents() {
        runner.withClassLoader(new FilteredClassLoader(
                        "io.micrometer",
                        "io.prometheus",
                        "org.springframework.boot.actuate",
                        "org.springframework.boot.health",
                        "org.springframework.boot.micrometer",
                        "org.springframework.web",
                        "jakarta.servlet",
                        "tools.jackson",
                        "com.fasterxml.jackson"))
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactionTemplate.class)
                        .hasSingleBean(CompactionStates.class)
                        .doesNotHaveBean("compactionMetrics")
                        .doesNotHaveBean("compactionEndpoint")
                        .doesNotHaveBean("compactionHealthContributor"));
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @Bean
        Compactor summarizer() {
            return session -> Optional.of("summary");
        }
    }
}
