package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.SummaryRequest;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import io.github.agentcompaction.springai.SentPrompts;
import io.github.agentcompaction.store.HistoryGuard;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.tokenizer.TokenCountEstimator;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;

/**
 * Auto-configuration of a {@link ChatMemoryCompactor} for all agents, where the application has a chat model, a chat
 * memory and no {@link Compactor} of its own.
 *
 * <p>The summaries are written by the {@link ChatClient}, or else by the {@link ChatModel}, that has the qualifier or name
 * {@code compaction}; without one, by the application's chat model. Where that is unclear, or the chat memory cannot be
 * compacted, the start fails if there is a {@code compaction.spring-ai.default-advisor}; otherwise, the first compaction.
 */
@AutoConfiguration(
        before = CompactionAutoConfiguration.class,
        after = CompactionChatMemoryAutoConfiguration.class,
        afterName = "org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration")
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE - 110) // after all that make chat models
@ConditionalOnClass(ChatMemoryCompactor.class)
@ConditionalOnBean(ChatModel.class)
@ConditionalOnSingleCandidate(ChatMemory.class)
@ConditionalOnMissingBean(Compactor.class)
public final class ChatMemoryCompactorAutoConfiguration {

    static final String COMPACTOR = "chatMemoryCompactor";

    ChatMemoryCompactorAutoConfiguration() {}

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
    Compactor chatMemoryCompactor(
            ChatMemory memory,
            Summarizer summarizer,
            ObjectProvider<TokenCountEstimator> estimator,
            ObjectProvider<SentPrompts> sentPrompts,
            ObjectProvider<HistoryGuard> guards,
            CompactionProperties properties) {
        if (!(memory instanceof ConcurrentChatMemory concurrent)) {
            boolean hasGuard = guards.stream().findAny().isPresent();
            if (Summarizer.isRelied(properties)) {
                throw unfit(memory, hasGuard);
            }
            return session -> {
                throw unfit(memory, hasGuard);
            };
        }
        ChatMemoryCompactor.Builder builder = ChatMemoryCompactor.builder(concurrent, summarizer.client())
                .share(properties.springAi().share());
        estimator.ifUnique(builder::tokenCountEstimator);
        if (properties.springAi().summaryRequest() == SummaryRequest.CONTINUE) {
            sentPrompts.ifUnique(builder::continueFrom);
        }
        return builder.build();
    }

    private static SpringAiSetupException unfit(ChatMemory memory, boolean hasGuard) {
        return new SpringAiSetupException(
                "The ChatMemory bean is a " + memory.getClass().getName()
                        + ", in which a summary cannot replace old messages without losing new ones.",
                "Return " + (hasGuard ? UnguardedMemories.GUARDED : "new ConcurrentChatMemory(memory, repository)")
                        + " from its bean method, or remove the bean, so that the"
                        + " starter makes one on your ChatMemoryRepository, or define a Compactor.");
    }
}
