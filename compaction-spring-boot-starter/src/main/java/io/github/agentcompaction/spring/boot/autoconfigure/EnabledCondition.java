package io.github.agentcompaction.spring.boot.autoconfigure;

import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Whether {@code compaction.enabled} is true or left out. Any other value than true or false stops the start: a typing error
 * must not switch everything off silently.
 */
public final class EnabledCondition extends SpringBootCondition {

    static final String PROPERTY = "compaction.enabled";

    EnabledCondition() {}

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        boolean enabled = isEnabled(context.getEnvironment());
        return new ConditionOutcome(enabled, PROPERTY + " is " + enabled);
    }

    static boolean isEnabled(Environment environment) {
        return Binder.get(environment).bind(PROPERTY, Boolean.class).orElse(true);
    }
}
