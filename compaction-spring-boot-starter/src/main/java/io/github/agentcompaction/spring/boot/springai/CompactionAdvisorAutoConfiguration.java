package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.springai.HistorySource;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of a {@link CompactionAdvisor} for each agent that has a
 * {@link io.github.agentcompaction.CompactionTemplate}, where there is a history to read: that of the sessions of
 * spring-ai-session, if the application has them, or else of its chat memory; or the application's own {@link HistorySource}.
 *
 * <p>The bean of the agent {@code planner} is called {@code plannerCompactionAdvisor} and has the qualifier
 * {@code planner}; a bean of the application's own with that name, alias or qualifier replaces it. With
 * {@code compaction.spring-ai.default-advisor: planner} each {@code ChatClient.Builder} that Spring AI makes is given it.
 */
@AutoConfiguration(
        after = {
            CompactionAutoConfiguration.class,
            CompactionChatMemoryAutoConfiguration.class,
            SessionCompactorAutoConfiguration.class
        },
        afterName = "org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration")
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE - 90)
public final class CompactionAdvisorAutoConfiguration {

    /** The bean by which others see that the agents' advisors are for the chat memory. */
    static final String CHAT_MEMORY_HISTORY = "compactionChatMemoryHistory";

    CompactionAdvisorAutoConfiguration() {}

    @Bean
    static DefaultAdvisorCheck compactionDefaultAdvisorCheck(Environment environment) {
        return new DefaultAdvisorCheck(environment);
    }

    @Configuration(proxyBeanMethods = false)
    @Order(0) // the advisors' condition looks for it
    @ConditionalOnClass(CompactionAdvisor.class)
    @ConditionalOnSingleCandidate(ChatMemory.class)
    @ConditionalOnMissingBean(HistorySource.class)
    static class OfChatMemory {

        @Bean(name = CHAT_MEMORY_HISTORY)
        HistorySource compactionChatMemoryHistory(ChatMemory memory) {
            return memory::get;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(CompactionAdvisor.class)
    @ConditionalOnBean(CompactionStates.class)
    @ConditionalOnSingleCandidate(HistorySource.class)
    @Import(AdvisorBeansRegistrar.class)
    static class Advisors {}
}
