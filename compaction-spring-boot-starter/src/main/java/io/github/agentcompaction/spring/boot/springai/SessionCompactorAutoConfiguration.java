package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.HistorySource;
import io.github.agentcompaction.springai.session.SessionCompactor;
import io.github.agentcompaction.springai.session.SessionHistory;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.compaction.RecursiveSummarizationCompactionStrategy;
import org.springframework.ai.session.compaction.SlidingWindowCompactionStrategy;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

/**
 * Auto-configuration of the history that the agents' advisors read, and of a {@link SessionCompactor} for all agents, where
 * the application has a {@link SessionService} of spring-ai-session. The chat memory's back off then.
 *
 * <p>The compactor has the application's {@link CompactionStrategy} beans, in their order. Without any, the summarizer
 * writes the summaries, as for a chat memory: the ten newest events stay, or the newest one if there are no more than ten.
 * What is too long for the summarizer is left out without a summary.
 * An application's own {@link HistorySource} or {@link Compactor} replaces the one here; with a {@link ChatMemoryCompactor}
 * the advisors are for the chat memory.
 */
@AutoConfiguration(
        before = {CompactionAutoConfiguration.class, ChatMemoryCompactorAutoConfiguration.class},
        after = CoordinatedSessionServiceAutoConfiguration.class,
        afterName = "org.springaicommunity.session.autoconfigure.SessionServiceAutoConfiguration")
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE - 110) // after all that make chat models
@ConditionalOnClass({SessionService.class, SessionCompactor.class})
// Not for Spring AI 2.1, whose classes have the same names:
@ConditionalOnBean(CoordinatedSessionServiceAutoConfiguration.class)
@ConditionalOnSingleCandidate(SessionService.class)
public final class SessionCompactorAutoConfiguration {

    /** The bean by which others see that the advisors are for sessions. */
    static final String HISTORY = "compactionSessionHistory";

    SessionCompactorAutoConfiguration() {}

    @Bean(name = HISTORY)
    @ConditionalOnMissingBean({HistorySource.class, ChatMemoryCompactor.class})
    HistorySource compactionSessionHistory(SessionService sessions) {
        return new SessionHistory(sessions);
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBean(CompactionStrategy.class)
    @ConditionalOnMissingBean(Compactor.class)
    static class WithStrategies {

        @Bean
        Compactor sessionCompactor(
                SessionService sessions,
                @Qualifier(CoordinatedSessionServiceAutoConfiguration.COORDINATED)
                        ObjectProvider<SessionService> coordinated,
                ObjectProvider<CompactionStrategy> strategies) {
            return compactor(sessions, coordinated, strategies.orderedStream().toArray(CompactionStrategy[]::new));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBean(ChatModel.class)
    @ConditionalOnMissingBean({Compactor.class, CompactionStrategy.class})
    static class WithSummarizer {

        // Not imported: a class that several import has the conditions of all of them looked at too early.
        @Bean
        Summarizer compactionSummarizer(
                @Qualifier(Summarizer.QUALIFIER) ObjectProvider<ChatClient> chosenClient,
                @Qualifier(Summarizer.QUALIFIER) ObjectProvider<ChatModel> chosenModel,
                ObjectProvider<ChatModel> models,
                ObjectProvider<ObservationRegistry> observations,
                CompactionProperties properties) {
            return new Summarizer(chosenClient, chosenModel, models, observations, properties);
        }

        @Bean
        Compactor sessionCompactor(
                SessionService sessions,
                @Qualifier(CoordinatedSessionServiceAutoConfiguration.COORDINATED)
                        ObjectProvider<SessionService> coordinated,
                Summarizer summarizer) {
            ChatClient client = summarizer.client();
            return compactor(
                    sessions,
                    coordinated,
                    RecursiveSummarizationCompactionStrategy.builder(client).build(),
                    RecursiveSummarizationCompactionStrategy.builder(client)
                            .maxEventsToKeep(1)
                            .overlapSize(0)
                            .build(),
                    SlidingWindowCompactionStrategy.builder().maxEvents(1).build());
        }
    }

    /** @param coordinated the starter's own service, where the application has none */
    private static Compactor compactor(
            SessionService sessions, ObjectProvider<SessionService> coordinated, CompactionStrategy... strategies) {
        if (coordinated.getIfAvailable() instanceof DefaultSessionService) {
            return session -> {
                throw new SpringAiSetupException(
                        "The SessionService compacts without coordination, because there are several agents and none of"
                                + " them is named.",
                        "Name the agent whose locks it uses in " + CoordinatedSessionServiceAutoConfiguration.AGENT
                                + ".");
            };
        }
        return new SessionCompactor(sessions, strategies);
    }
}
