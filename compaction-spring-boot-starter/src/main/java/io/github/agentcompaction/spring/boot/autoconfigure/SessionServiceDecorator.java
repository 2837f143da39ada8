package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import java.lang.reflect.Field;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.env.Environment;
import org.springframework.util.ReflectionUtils;

/** Puts a {@link CoordinatedSessionService} around each session service; says so where it cannot. */
final class SessionServiceDecorator implements BeanPostProcessor {

    private static final Log logger = LogFactory.getLog(SessionServiceDecorator.class);

    private static final String AGENT = "compaction.spring-ai.session-service-agent";

    private final BeanFactory beans; // asked late: a post-processor should not make other beans come early

    SessionServiceDecorator(BeanFactory beans) {
        this.beans = beans;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (!(bean instanceof SessionService service) || bean instanceof CoordinatedSessionService) {
            return bean;
        }
        CompactionProperties properties = beans.getBean(CompactionProperties.class);
        if (!properties.springAi().decorateSessionService()) {
            return bean;
        }
        SessionRepository repository = repositoryOf(service);
        if (repository == null) {
            logger.warn(
                    "The SessionService '" + beanName + "' compacts without coordination: there is not exactly one, or"
                            + " one primary, SessionRepository bean. Declare it as a bean, or define a CoordinatedSessionService.");
            return bean;
        }
        CompactionStates states = beans.getBean(CompactionStates.class);
        String agent = agent(states, properties);
        if (agent == null) {
            logger.warn("The SessionService '" + beanName
                    + "' compacts without coordination: there are several agents (" + String.join(", ", states.names())
                    + "). Name the one whose locks it uses in " + AGENT + ".");
            return bean;
        }
        return new CoordinatedSessionService(
                service,
                repository,
                states.get(agent),
                properties.settingsOf(agent).lockTimeout());
    }

    private @Nullable String agent(CompactionStates states, CompactionProperties properties) {
        String named = properties.springAi().sessionServiceAgent();
        if (named == null) {
            return states.names().size() == 1 ? states.names().iterator().next() : null;
        }
        if (!states.names().contains(named)) {
            throw InvalidCompactionPropertyException.of(
                    beans.getBean(Environment.class),
                    AGENT,
                    "There is no agent '" + named + "'. Agents: " + String.join(", ", states.names()) + ".",
                    "Name one of those (upper and lower case differ), or add the agent under compaction.agents.");
        }
        return named;
    }

    /** Spring-ai-session's own service does not tell its repository, and guessing would be wrong for one that is no bean. */
    private @Nullable SessionRepository repositoryOf(SessionService service) {
        Field field = service instanceof DefaultSessionService
                ? ReflectionUtils.findField(DefaultSessionService.class, null, SessionRepository.class)
                : null;
        if (field == null) {
            return beans.getBeanProvider(SessionRepository.class).getIfUnique();
        }
        ReflectionUtils.makeAccessible(field);
        return (SessionRepository) ReflectionUtils.getField(field, service);
    }

    /** For native images. */
    static final class Hints implements RuntimeHintsRegistrar {

        @Override
        public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
            hints.reflection().registerType(DefaultSessionService.class, MemberCategory.ACCESS_DECLARED_FIELDS);
        }
    }
}
