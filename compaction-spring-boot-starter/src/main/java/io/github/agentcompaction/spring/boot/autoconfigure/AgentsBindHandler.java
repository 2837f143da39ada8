package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.InitializeSchema;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.Jdbc;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.Redis;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.SpringAi;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.SummaryRequest;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.core.convert.ConverterNotFoundException;

/**
 * Binds what is under {@code compaction} alike on all versions of Spring Boot, and drops what environment variables say of
 * agents that are none.
 */
final class AgentsBindHandler extends AbstractBindHandler {

    /*
     * An empty value where there are only settings below it (`planner:`) means all defaults. Spring Boot 4.1.1 does that
     * itself; 4.0 and 4.1.0 find no converter. A converter of ours would do it too early: with it, an agent that is empty in
     * one file would lose what another file or a variable sets.
     */

    private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(CompactionProperties.PREFIX);

    static final ConfigurationPropertyName AGENTS = PREFIX.append("agents");

    private static final Map<Class<?>, Object> DEFAULTS = Map.of(
            Map.class,
            Map.of(),
            AgentSettings.class,
            AgentSettings.NONE,
            SpringAi.class,
            new SpringAi(null, false, null, true, false, SummaryRequest.TRANSCRIPT, 0.5),
            Jdbc.class,
            new Jdbc(InitializeSchema.EMBEDDED, "compaction_", true),
            Redis.class,
            new Redis(Duration.ofSeconds(2), Duration.ofSeconds(1)));

    AgentsBindHandler(BindHandler parent) {
        super(parent);
    }

    @Override
    public @Nullable Object onSuccess(
            ConfigurationPropertyName name, Bindable<?> target, BindContext context, Object result) {
        return super.onSuccess(
                name, target, context, name.equals(AGENTS) ? onlyAgents((Map<?, ?>) result, context) : result);
    }

    private static Map<?, ?> onlyAgents(Map<?, ?> bound, BindContext context) {
        Collection<String> named = ConfiguredAgents.namedInFiles(context.getSources());
        if (named.isEmpty()) {
            return bound;
        }
        Map<?, ?> agents = new LinkedHashMap<>(bound);
        agents.keySet().retainAll(named);
        return agents;
    }

    @Override
    public @Nullable Object onFailure(
            ConfigurationPropertyName name, Bindable<?> target, BindContext context, Exception error) throws Exception {
        Object defaults = DEFAULTS.get(target.getType().resolve(Object.class));
        if (defaults == null || !(error instanceof ConverterNotFoundException) || !PREFIX.isAncestorOf(name)) {
            return super.onFailure(name, target, context, error);
        }
        for (ConfigurationPropertySource source : context.getSources()) {
            ConfigurationProperty property = source.getConfigurationProperty(name);
            if (property != null && property.getValue().toString().isEmpty()) {
                return super.onSuccess(name, target, context, defaults);
            }
            // Kubernetes sets COMPACTION_AGENTS_PORT for a service that is called compaction-agents.
            boolean ignored = defaults == AgentSettings.NONE && EnvironmentVariables.isSource(source);
            if (property != null && !ignored) {
                return super.onFailure(name, target, context, error);
            }
        }
        return null;
    }
}
