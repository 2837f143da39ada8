package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import io.github.agentcompaction.springai.SentPrompts;
import io.github.agentcompaction.store.HistoryGuard;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Role;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of a {@link ConcurrentChatMemory} on the application's {@link ChatMemoryRepository}, in place of Spring
 * AI's own chat memory.
 *
 * <p>Where {@code compaction.spring-ai.default-advisor} is set or {@code compaction.spring-ai.keep-all-messages} is true, it
 * keeps all messages: compaction is what bounds a conversation. Otherwise it keeps what Spring AI's does, the window of a
 * {@link MessageWindowChatMemory}; so it does where the default advisor is for sessions of spring-ai-session. It backs off for
 * a chat memory of the application's own.
 */
@AutoConfiguration(
        beforeName = "org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration",
        // This one makes no repository where it sees a chat memory.
        afterName = "org.springframework.ai.model.chat.memory.redis.autoconfigure.RedisChatMemoryAutoConfiguration")
@ConditionalOnClass(ConcurrentChatMemory.class)
@EnableConfigurationProperties(CompactionProperties.class)
public final class CompactionChatMemoryAutoConfiguration {

    CompactionChatMemoryAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(ChatMemory.class)
    ConcurrentChatMemory chatMemory(
            ObjectProvider<ChatMemoryRepository> repositories,
            ObjectProvider<HistoryGuard> guards,
            CompactionProperties properties,
            BeanFactory beanFactory) {
        boolean isCompacted = properties.springAi().defaultAdvisor() != null
                && !beanFactory.containsBean(SessionCompactorAutoConfiguration.HISTORY)
                && !beanFactory.containsBean(SessionCompactorAutoConfiguration.COMPACTOR);
        HistoryGuard guard = guards.getIfAvailable();
        ChatMemoryRepository repository = repositories.getIfAvailable(() -> {
            if (guard != null && isCompacted) {
                throw new SpringAiSetupException(
                        "There is no ChatMemoryRepository, so the chat memory would be in this process, and not where"
                                + " the other replicas see it that compaction.store is for.",
                        "Add spring-ai-starter-model-chat-memory-repository-jdbc, or remove compaction.store.");
            }
            return new InMemoryChatMemoryRepository();
        });
        if (properties.springAi().keepAllMessages() || isCompacted) {
            return guard == null ? new ConcurrentChatMemory(repository) : new ConcurrentChatMemory(repository, guard);
        }
        ChatMemory window = MessageWindowChatMemory.builder()
                .chatMemoryRepository(repository)
                .build();
        return new ConcurrentChatMemory(window, repository, guard);
    }

    /** Stays empty unless {@code compaction.spring-ai.summary-request} asks for it. */
    @Bean
    @ConditionalOnMissingBean
    SentPrompts compactionSentPrompts() {
        return new SentPrompts();
    }

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static OwnBeanNotice compactionChatMemoryNotice(Environment environment) {
        return new OwnBeanNotice(
                ChatMemory.class,
                ConcurrentChatMemory.class,
                "Parallel tasks may lose messages in it, and it cannot be compacted. To coordinate it, return new"
                        + " ConcurrentChatMemory(memory, repository) from its bean method; with compaction.store, "
                        + UnguardedMemories.GUARDED + " or replicas lose and double messages.",
                environment);
    }
}
