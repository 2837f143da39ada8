package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import java.time.Duration;
import java.util.Objects;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Role;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of a {@link CoordinatedSessionService} on the application's {@link SessionRepository}, in place of the
 * service that spring-ai-session makes. It backs off for a session service of the application's own.
 *
 * <p>It has the locks of the agent that {@code compaction.spring-ai.session-service-agent} names, or else
 * {@code compaction.spring-ai.default-advisor}, or else of the only one; and spring-ai-session's own
 * {@code spring.ai.session.time-to-live}. With {@code compaction.enabled: false} it is spring-ai-session's own service.
 */
@AutoConfiguration(
        beforeName = "org.springaicommunity.session.autoconfigure.SessionServiceAutoConfiguration",
        afterName = "org.springaicommunity.session.jdbc.autoconfigure.JdbcSessionRepositoryAutoConfiguration")
@ConditionalOnClass({SessionService.class, CoordinatedSessionService.class})
@Conditional(CompactEventsCondition.class)
@EnableConfigurationProperties(CompactionProperties.class)
public final class CoordinatedSessionServiceAutoConfiguration {

    private static final Log logger = LogFactory.getLog(CoordinatedSessionServiceAutoConfiguration.class);

    static final String AGENT = "compaction.spring-ai.session-service-agent";

    static final String COORDINATED = "compactionSessionService";

    CoordinatedSessionServiceAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = COORDINATED)
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static OwnBeanNotice compactionSessionServiceNotice(Environment environment) {
        return new OwnBeanNotice(
                SessionService.class,
                CoordinatedSessionService.class,
                "To coordinate its compactions, return new CoordinatedSessionService(service, repository, state) from its"
                        + " bean method.",
                environment);
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBean(SessionRepository.class)
    @ConditionalOnMissingBean(SessionService.class)
    static class Services {

        /** Lazy, because the states need the application's listeners, and a listener may need the session service. */
        @Bean
        SessionService sessionService(@Lazy @Qualifier(COORDINATED) SessionService coordinated) {
            return coordinated;
        }

        @Bean(name = COORDINATED, defaultCandidate = false)
        @Lazy(false) // a wrong setting stops the start, also where beans are lazy
        SessionService coordinatedSessionService(
                SessionRepository repository,
                ObjectProvider<CompactionStates> allStates,
                CompactionProperties properties,
                Environment environment) {
            DefaultSessionService.Builder builder =
                    DefaultSessionService.builder().sessionRepository(repository);
            Binder.get(environment)
                    .bind("spring.ai.session.time-to-live", Duration.class)
                    .ifBound(builder::defaultTimeToLive);
            SessionService service = builder.build();
            CompactionStates states = properties.enabled() ? allStates.getIfAvailable() : null;
            String agent = states == null ? null : agent(states, properties.springAi());
            if (states == null || agent == null) {
                return service;
            }
            Duration lockTimeout = properties.settingsOf(agent).lockTimeout();
            return new CoordinatedSessionService(
                    service, repository, states.get(agent), Objects.requireNonNull(lockTimeout));
        }

        private static @Nullable String agent(CompactionStates states, CompactionProperties.SpringAi settings) {
            String named = settings.sessionServiceAgent();
            String agents = String.join(", ", states.names());
            if (named != null && !states.names().contains(named)) {
                throw new InvalidConfigurationPropertyValueException(
                        AGENT, named, "There is no agent '" + named + "'. Name one of these: " + agents + ".");
            }
            String advisors = settings.defaultAdvisor();
            if (named == null && advisors != null && states.names().contains(advisors)) {
                return advisors;
            }
            if (named == null && states.names().size() != 1) {
                logger.warn("The SessionService compacts without coordination, because there are several agents: "
                        + agents + ". Name the one whose locks it uses in " + AGENT + ".");
                return null;
            }
            return named != null ? named : states.names().iterator().next();
        }
    }
}
