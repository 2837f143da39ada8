package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.HistorySource;
import io.github.agentcompaction.springai.session.SessionCompactor;
import io.github.agentcompaction.springai.session.SessionHistory;
import io.micrometer.observation.ObservationRegistry;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.beans.factory.ListableBeanFactory;
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
 * writes the summaries, as for a chat memory. An application's own {@link HistorySource} or {@link Compactor} replaces the
 * one here; with a {@link ChatMemoryCompactor} the advisors are for the chat memory.
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

    private static final Log logger = LogFactory.getLog(SessionCompactorAutoConfiguration.class);

    /** The beans by which others see that the agents' advisors or compactor are for sessions. */
    static final String HISTORY = "compactionSessionHistory";

    static final String COMPACTOR = "sessionCompactor";

    SessionCompactorAutoConfiguration() {}

    @Bean(name = HISTORY)
    @ConditionalOnMissingBean({HistorySource.class, ChatMemoryCompactor.class})
    HistorySource compactionSessionHistory(SessionService sessions, ListableBeanFactory beanFactory) {
        if (beanFactory.getBeanNamesForType(ChatMemory.class, true, false).length > 0) {
            logger.info(
                    "The advisors of the agents are for the sessions of spring-ai-session, and not for the ChatMemory."
                            + " To have them for the ChatMemory, define a ChatMemoryCompactor bean.");
        }
        return new SessionHistory(sessions);
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBean(CompactionStrategy.class)
    @ConditionalOnMissingBean(Compactor.class)
    static class WithStrategies {

        @Bean(name = COMPACTOR)
        Compactor sessionCompactor(
                SessionService sessions,
                @Qualifier(CoordinatedSessionServiceAutoConfiguration.COORDINATED)
                        ObjectProvider<SessionService> coordinated,
                ObjectProvider<CompactionStrategy> strategies) {
            return compactor(
                    coordinated,
                    () -> new SessionCompactor(
                            sessions, strategies.orderedStream().toArray(CompactionStrategy[]::new)));
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

        @Bean(name = COMPACTOR)
        Compactor sessionCompactor(
                SessionService sessions,
                @Qualifier(CoordinatedSessionServiceAutoConfiguration.COORDINATED)
                        ObjectProvider<SessionService> coordinated,
                Summarizer summarizer) {
            return compactor(coordinated, () -> SessionCompactor.summarizing(sessions, summarizer.client()));
        }
    }

    /** @param coordinated the starter's own service, where the application has none */
    private static Compactor compactor(ObjectProvider<SessionService> coordinated, Supplier<Compactor> compactor) {
        if (coordinated.getIfAvailable() instanceof DefaultSessionService) {
            return session -> {
                throw new SpringAiSetupException(
                        "The SessionService compacts without coordination, because there are several agents and none of"
                                + " them is named.",
                        "Name the agent whose locks it uses in " + CoordinatedSessionServiceAutoConfiguration.AGENT
                                + ".");
            };
        }
        return compactor.get();
    }
}
