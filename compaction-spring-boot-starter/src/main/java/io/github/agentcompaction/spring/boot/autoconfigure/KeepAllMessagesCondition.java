package io.github.agentcompaction.spring.boot.autoconfigure;

import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Whether there is a default advisor, which bounds a conversation that keeps everything, or the application asks for all
 * messages. The jars alone must not take away the window of an application that nobody compacts for.
 */
final class KeepAllMessagesCondition extends SpringBootCondition {

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        Binder binder = Binder.get(context.getEnvironment());
        boolean advised = binder.bind(AgentBeans.DEFAULT_ADVISOR, String.class).isBound();
        boolean wanted = binder.bind(ChatMemoryDecorator.KEEP_ALL_MESSAGES, Boolean.class)
                .orElse(false);
        return new ConditionOutcome(
                advised || wanted,
                (advised ? "there is a" : "there is no") + " default advisor, " + ChatMemoryDecorator.KEEP_ALL_MESSAGES
                        + " is " + wanted);
    }
}
