package io.github.agentcompaction.spring.boot.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.spring.boot.ProcessedContext;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionChatMemoryAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.HistoryGuardAutoConfiguration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.ai.model.chat.memory.repository.jdbc.autoconfigure.JdbcChatMemoryRepositoryAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.jdbc.core.JdbcTemplate;

/** The store is fixed when the context is written down as code; its settings are those of the start. */
class StoreAheadOfTimeTests {

    private static final String[] AT_BUILD = {
        "compaction.store=jdbc", "compaction.agents.planner=", "spring.datasource.url=jdbc:h2:mem:build"
    };

    @Test
    @CompileWithForkedClassLoader
    void processed_hasTheStore_andTheSettingsOfTheStart() {
        String[] atStart = {
            "compaction.store=jdbc",
            "compaction.agents.planner=",
            "spring.application.name=agents",
            "spring.datasource.url=jdbc:h2:mem:start",
            "compaction.jdbc.table-prefix=other_"
        };
        ProcessedContext.start(Application.class, AT_BUILD, atStart, context -> {
            assertThat(Replicas.state(context).store()).isPresent();
            assertThat(Replicas.template(context).compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
            Replicas.add(context, "c", "hello");
            assertThat(context.getBean(JdbcTemplate.class)
                            .queryForObject("SELECT COUNT(*) FROM other_session", Long.class))
                    .isEqualTo(2);
        });
    }

    @Test
    @CompileWithForkedClassLoader
    void processed_checksAtTheStart() {
        String[] atStart = {
            "compaction.store=jdbc",
            "compaction.agents.planner=",
            "spring.application.name=agents",
            "spring.datasource.url=jdbc:h2:mem:checked",
            "compaction.jdbc.initialize-schema=never"
        };

        assertThatThrownBy(() -> ProcessedContext.start(Application.class, AT_BUILD, atStart, context -> {}))
                .rootCause()
                .isInstanceOf(InvalidConfigurationPropertyValueException.class)
                .hasMessageContaining("compaction.jdbc.initialize-schema");
    }

    @Test
    @CompileWithForkedClassLoader
    void processedWithoutTheStore_setAtTheStart_saysSo() {
        String[] without = {"compaction.agents.planner=", "spring.datasource.url=jdbc:h2:mem:build"};
        String[] atStart = {
            "compaction.store=jdbc",
            "compaction.agents.planner=",
            "spring.application.name=agents",
            "spring.datasource.url=jdbc:h2:mem:late"
        };
        System.setProperty("spring.aot.enabled", "true");
        try {
            assertThatThrownBy(() -> ProcessedContext.start(Application.class, without, atStart, context -> {}))
                    .hasStackTraceContaining("Ahead-of-time processing fixed the store");
        } finally {
            System.clearProperty("spring.aot.enabled");
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        DataSourceAutoConfiguration.class,
        DataSourceTransactionManagerAutoConfiguration.class,
        JdbcTemplateAutoConfiguration.class,
        JdbcChatMemoryRepositoryAutoConfiguration.class,
        CompactionChatMemoryAutoConfiguration.class,
        ChatMemoryAutoConfiguration.class,
        CompactionStoreAutoConfiguration.class,
        JdbcStoreAutoConfiguration.class,
        HistoryGuardAutoConfiguration.class,
        CompactionAutoConfiguration.class
    })
    static class Application {
        @Bean
        Compactor summarizer() {
            return session -> Optional.of("summary");
        }
    }
}
