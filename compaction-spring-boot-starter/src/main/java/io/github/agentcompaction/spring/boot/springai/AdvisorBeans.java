package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.spring.boot.autoconfigure.AgentSettings;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.SummaryRequest;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.springai.HistorySource;
import io.github.agentcompaction.springai.SentPrompts;
import java.util.Map;
import org.springframework.ai.chat.client.ChatClientBuilderCustomizer;
import org.springframework.ai.tokenizer.TokenCountEstimator;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.ApplicationEventPublisher;

/** Builds the beans whose definitions {@link AdvisorBeansRegistrar} makes; they call it by the names of its methods. */
final class AdvisorBeans {

    private final CompactionProperties properties;
    private final BeanFactory beanFactory;
    private final HistorySource history;
    private final ApplicationEventPublisher eventPublisher;
    private final ObjectProvider<TokenCountEstimator> tokenCountEstimator;

    AdvisorBeans(
            CompactionProperties properties,
            BeanFactory beanFactory,
            HistorySource history,
            ApplicationEventPublisher eventPublisher,
            ObjectProvider<TokenCountEstimator> tokenCountEstimator) {
        this.properties = properties;
        this.beanFactory = beanFactory;
        this.history = history;
        this.eventPublisher = eventPublisher;
        this.tokenCountEstimator = tokenCountEstimator;
    }

    CompactionAdvisor advisor(String agent, CompactionTemplate template) {
        AgentSettings settings = properties.settingsOf(agent);
        CompactionAdvisor.Builder builder = CompactionAdvisor.builder(template, history)
                .eventPublisher(eventPublisher)
                .clearToolResults(properties.springAi().clearToolResults())
                .clearOldToolResults(properties.springAi().clearOldToolResults());
        if (settings.contextWindow() != null && settings.compactAt() != null) {
            if (Boolean.TRUE.equals(settings.background())) {
                builder.background(settings.contextWindow(), settings.compactAt());
            } else {
                builder.proactive(settings.contextWindow(), settings.compactAt());
            }
        }
        tokenCountEstimator.ifUnique(builder::tokenCountEstimator);
        if (properties.springAi().summaryRequest() == SummaryRequest.CONTINUE) {
            beanFactory.getBeanProvider(SentPrompts.class).ifUnique(builder::sentPrompts);
        }
        return builder.build();
    }

    /**
     * Takes the names of the advisors and not the advisors: they need a compactor, which may itself be made with a
     * ChatClient.Builder.
     */
    ChatClientBuilderCustomizer defaultAdvisor(Map<String, String> byAgent) {
        String agent = properties.springAi().defaultAdvisor();
        if (agent == null) {
            return builder -> {};
        }
        String advisor = byAgent.get(agent);
        if (advisor == null) {
            throw new InvalidConfigurationPropertyValueException(
                    DefaultAdvisorCheck.PROPERTY,
                    agent,
                    "The agent '" + agent + "' has no CompactionAdvisor. Agents with one: "
                            + (byAgent.isEmpty() ? "none" : String.join(", ", byAgent.keySet()))
                            + ". Name one of those, or add the agent under compaction.agents. An agent has an advisor if it"
                            + " has a compactor; one for all comes with a ChatModel bean.");
        }
        return builder -> builder.defaultAdvisors(beanFactory.getBean(advisor, CompactionAdvisor.class));
    }
}
