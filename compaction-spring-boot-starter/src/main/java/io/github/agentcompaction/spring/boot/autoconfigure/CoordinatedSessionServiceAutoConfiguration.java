package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import org.springframework.ai.session.SessionService;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.Role;
import org.springframework.core.Ordered;

/**
 * Auto-configuration that lets each {@link org.springframework.ai.session.DefaultSessionService} bean, whoever defined it,
 * compact as a {@link CoordinatedSessionService} does. Services of other classes keep their own {@code compact}.
 *
 * <p>It has the locks of the only agent, or of the one that {@code compaction.spring-ai.session-service-agent} names. Beans
 * that ask for the class of the decorated service get none: they should ask for {@link SessionService}. With
 * {@code compaction.spring-ai.decorate-session-service=false} all services stay as they are.
 */
@AutoConfiguration(after = CompactionAutoConfiguration.class)
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE - 80) // else CompactionAutoConfiguration would come early, too
@ConditionalOnClass({SessionService.class, CoordinatedSessionService.class})
@ConditionalOnBean(CompactionStates.class)
@ImportRuntimeHints(SessionServiceDecorator.Hints.class)
public final class CoordinatedSessionServiceAutoConfiguration {

    CoordinatedSessionServiceAutoConfiguration() {}

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static SessionServiceDecorator compactionSessionServiceDecorator(BeanFactory beans) {
        return new SessionServiceDecorator(beans);
    }
}
