package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import java.lang.reflect.Field;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
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
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.env.Environment;
import org.springframework.util.ReflectionUtils;

/**
 * Lets each of spring-ai-session's own services compact as a {@link CoordinatedSessionService} does. What others do in
 * their {@code compact} is theirs to keep: it may check who asks.
 */
final class SessionServiceDecorator implements BeanPostProcessor, SmartInitializingSingleton {

    private static final Log logger = LogFactory.getLog(SessionServiceDecorator.class);

    private static final String AGENT = "compaction.spring-ai.session-service-agent";

    private final BeanFactory beans; // asked late: a post-processor should not make other beans come early
    private final Queue<LateSessionService> early = new ConcurrentLinkedQueue<>(); // made before the start was complete
    private volatile boolean started;

    SessionServiceDecorator(BeanFactory beans) {
        this.beans = beans;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (!(bean instanceof SessionService service)
                || bean instanceof CoordinatedSessionService
                || !beans.getBean(CompactionProperties.class).springAi().decorateSessionService()) {
            return bean;
        }
        if (service.getClass() != DefaultSessionService.class) {
            logger.info("The SessionService '" + beanName + "' is a "
                    + service.getClass().getName()
                    + " and keeps its own compact. To coordinate it, return new CoordinatedSessionService(service,"
                    + " repository, state) from its bean method.");
            return bean;
        }
        SessionRepository repository = repositoryOf(service);
        if (repository == null) {
            logger.warn(
                    "The SessionService '" + beanName + "' compacts without coordination: its SessionRepository cannot"
                            + " be read. Define a CoordinatedSessionService.");
            return bean;
        }
        LateSessionService late = new LateSessionService(service, () -> coordinated(service, repository, beanName));
        if (!started) {
            early.add(late);
        }
        return late;
    }

    /** So that a wrong setting stops the start and not the first compaction. */
    @Override
    public void afterSingletonsInstantiated() {
        started = true;
        early.forEach(LateSessionService::compacting);
        early.clear();
    }

    private SessionService coordinated(SessionService service, SessionRepository repository, String beanName) {
        CompactionProperties properties = beans.getBean(CompactionProperties.class);
        CompactionStates states = beans.getBean(CompactionStates.class);
        String agent = agent(states, properties);
        if (agent == null) {
            logger.warn("The SessionService '" + beanName
                    + "' compacts without coordination: there are several agents (" + String.join(", ", states.names())
                    + "). Name the one whose locks it uses in " + AGENT + ".");
            return service;
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

    /** The service does not tell, and guessing would be wrong for one that is no bean. */
    private static @Nullable SessionRepository repositoryOf(SessionService service) {
        Field field = ReflectionUtils.findField(DefaultSessionService.class, null, SessionRepository.class);
        if (field == null) {
            return null;
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
