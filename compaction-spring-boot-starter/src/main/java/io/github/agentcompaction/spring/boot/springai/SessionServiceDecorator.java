package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;

/** Puts a {@link CoordinatedSessionService} around each session service; says so where it cannot. */
final class SessionServiceDecorator implements BeanPostProcessor {

    private static final Log logger = LogFactory.getLog(SessionServiceDecorator.class);

    private final BeanFactory beans; // asked late: nothing else should be created because of a post-processor

    SessionServiceDecorator(BeanFactory beans) {
        this.beans = beans;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (!(bean instanceof SessionService service) || bean instanceof CoordinatedSessionService) {
            return bean;
        }
        SessionRepository repository =
                beans.getBeanProvider(SessionRepository.class).getIfUnique();
        if (repository == null) {
            logger.warn(
                    "The SessionService '" + beanName + "' compacts without coordination: there is not exactly one, or"
                            + " one primary, SessionRepository bean. Declare it as a bean, or define a CoordinatedSessionService.");
            return bean;
        }
        CompactionStates states = beans.getBean(CompactionStates.class);
        CompactionProperties properties = beans.getBean(CompactionProperties.class);
        String agent = agent(states, properties);
        if (agent == null) {
            logger.warn(
                    "The SessionService '" + beanName + "' compacts without coordination: there are several agents ("
                            + String.join(", ", states.names())
                            + "). Name the one whose locks it uses in compaction.spring-ai.session-service-agent.");
            return bean;
        }
        return new CoordinatedSessionService(
                service,
                repository,
                states.get(agent),
                properties.settingsOf(agent).lockTimeout());
    }

    private static @Nullable String agent(CompactionStates states, CompactionProperties properties) {
        String named = properties.springAi().sessionServiceAgent();
        return named != null || states.names().size() != 1
                ? named
                : states.names().iterator().next();
    }
}
