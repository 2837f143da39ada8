package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.springai.ConcurrentChatMemory;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of a {@link ConcurrentChatMemory} on the application's {@link ChatMemoryRepository}, in the place of
 * Spring AI's own chat memory, where {@code compaction.spring-ai.default-advisor} is set or
 * {@code compaction.spring-ai.keep-all-messages} is true.
 *
 * <p>It keeps all messages: compaction is what bounds a conversation, where Spring AI's forgets what is older than twenty
 * messages. Otherwise, and where the application has a chat memory of its own, that one is used; a
 * {@link org.springframework.ai.chat.memory.MessageWindowChatMemory} that is declared as {@link ChatMemory} is decorated,
 * unless {@code compaction.spring-ai.decorate-chat-memory} is false.
 */
@AutoConfiguration(
        beforeName = "org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration",
        // This one makes no repository where it sees a chat memory.
        afterName = "org.springframework.ai.model.chat.memory.redis.autoconfigure.RedisChatMemoryAutoConfiguration")
@ConditionalOnClass(ConcurrentChatMemory.class)
@Conditional(EnabledCondition.class)
@ImportRuntimeHints(ChatMemoryDecorator.Hints.class)
public final class CompactionChatMemoryAutoConfiguration {

    CompactionChatMemoryAutoConfiguration() {}

    @Bean
    @Conditional(KeepAllMessagesCondition.class)
    @ConditionalOnMissingBean(ChatMemory.class)
    ConcurrentChatMemory chatMemory(ObjectProvider<ChatMemoryRepository> repository) {
        return new ConcurrentChatMemory(repository.getIfAvailable(InMemoryChatMemoryRepository::new));
    }

    @Bean
    static ChatMemoryDecorator compactionChatMemoryDecorator(
            ConfigurableListableBeanFactory beanFactory, Environment environment) {
        return new ChatMemoryDecorator(beanFactory, environment);
    }
}
