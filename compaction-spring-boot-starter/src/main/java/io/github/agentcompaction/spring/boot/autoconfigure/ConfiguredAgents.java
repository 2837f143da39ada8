package io.github.agentcompaction.spring.boot.autoconfigure;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** The names of the configured agents, read so that any wrong key or value under {@code compaction} stops the start. */
final class ConfiguredAgents {

    /*
     * Names are taken from the keys as they were written: the binder reads `größe` as `gre` and `my agent` as `myagent`,
     * and gives `my-agent` and `myagent` each other's settings. Environment variables have no dashes: if there is an agent
     * `my-agent`, COMPACTION_AGENTS_MYAGENT_TTL sets its ttl; else it makes an agent `myagent`.
     */

    private static final Pattern KEY = Pattern.compile(
            "compaction\\.agents(?:\\.(?<plain>[^.\\[]*)|(?<bracketed>\\[[^]]*]))", Pattern.CASE_INSENSITIVE);

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*");

    private final Map<String, String> names = new LinkedHashMap<>(); // by what the binder compares

    private ConfiguredAgents() {}

    /**
     * Reads the names of the configured agents, and checks all keys and values.
     *
     * @return the names in the order in which they are found, none if no agent is configured
     */
    static List<String> read(Environment environment) {
        ConfiguredAgents agents = new ConfiguredAgents();
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (source.getUnderlyingSource() instanceof EnumerablePropertySource<?> enumerable
                    && !(enumerable instanceof SystemEnvironmentPropertySource)) {
                agents.addAll(enumerable);
            }
        }
        CompactionProperties properties = bind(environment);
        agents.addAll(properties.agents().keySet());
        properties.defaults().check(CompactionProperties.PREFIX + ".");
        for (String name : agents.names.values()) {
            properties.agents().getOrDefault(name, AgentSettings.NONE).check("compaction.agents." + name + ".");
        }
        return List.copyOf(agents.names.values());
    }

    /** As strictly as Spring Boot binds the bean, which is made later. */
    private static CompactionProperties bind(Environment environment) {
        return Binder.get(environment)
                .bindOrCreate(
                        CompactionProperties.PREFIX,
                        Bindable.of(CompactionProperties.class),
                        new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter()));
    }

    private void addAll(EnumerablePropertySource<?> source) {
        for (String key : source.getPropertyNames()) {
            Matcher agent = KEY.matcher(key);
            if (agent.lookingAt()) {
                String plain = agent.group("plain");
                add(plain != null ? plain : agent.group("bracketed"), key, source);
            }
        }
    }

    private void add(String name, String key, EnumerablePropertySource<?> source) {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidConfigurationPropertyValueException(
                    key,
                    source.getProperty(key),
                    "The name of an agent must consist of lower-case letters, digits and dashes, and '" + name
                            + "' does not.");
        }
        String other = names.putIfAbsent(compared(name), name);
        if (other != null && !other.equals(name)) {
            throw new InvalidConfigurationPropertyValueException(
                    key,
                    source.getProperty(key),
                    "The agents '" + other + "' and '" + name + "' are one name to Spring Boot, which ignores dashes."
                            + " Keep one spelling for one agent; if they are two, rename one.");
        }
    }

    private void addAll(Collection<String> bound) {
        bound.forEach(name -> names.putIfAbsent(compared(name), name));
    }

    private static String compared(String name) {
        return name.replace("-", "");
    }
}
