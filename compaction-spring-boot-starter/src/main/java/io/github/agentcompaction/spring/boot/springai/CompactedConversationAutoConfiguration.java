package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.springai.CompactedConversationFilter;
import io.micrometer.observation.ObservationFilter;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the key {@code gen_ai.conversation.compacted} on the observations of chat models. */
@AutoConfiguration
@ConditionalOnClass({CompactedConversationFilter.class, ChatModelObservationContext.class, ObservationFilter.class})
public final class CompactedConversationAutoConfiguration {

    CompactedConversationAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    CompactedConversationFilter compactedConversationFilter() {
        return new CompactedConversationFilter();
    }
}
