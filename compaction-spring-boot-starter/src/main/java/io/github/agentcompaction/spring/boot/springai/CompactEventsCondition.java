package io.github.agentcompaction.spring.boot.springai;

import java.util.List;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.ClassUtils;

/**
 * Whether the session repository is that of spring-ai-session, with its method {@code compactEvents}. Spring AI 2.1 has a
 * class of the same name with other methods.
 */
final class CompactEventsCondition extends SpringBootCondition {

    private static final Log logger = LogFactory.getLog(CompactEventsCondition.class);

    private static final String REPOSITORY = "org.springframework.ai.session.SessionRepository";
    private static final String METHOD = "compactEvents";

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        Class<?> repository = ClassUtils.resolveClassName(REPOSITORY, context.getClassLoader());
        boolean known = ClassUtils.hasMethod(repository, METHOD, String.class, List.class, List.class, long.class);
        if (!known) {
            logger.info("The session service is not coordinated: " + REPOSITORY + " has no method " + METHOD
                    + ", so it is not that of spring-ai-session.");
        }
        return new ConditionOutcome(known, REPOSITORY + " has " + (known ? "a" : "no") + " method " + METHOD);
    }
}
