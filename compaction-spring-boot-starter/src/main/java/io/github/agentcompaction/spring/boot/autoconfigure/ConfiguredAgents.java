package io.github.agentcompaction.spring.boot.autoconfigure;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Bindable.BindRestriction;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;

/** The names of the configured agents, read so that any wrong key or value under {@code compaction} stops the start. */
final class ConfiguredAgents {

    /*
     * Names are taken from the keys as they were written: the binder reads `größe` as `gre` and `my agent` as `myagent`,
     * and gives `my-agent` and `myagent` each other's settings. Environment variables have no dashes: COMPACTION_AGENTS_MYAGENT_TTL
     * is for `my-agent`. So they make agents only where nothing else does.
     */

    private static final Pattern KEY = Pattern.compile(
            "compaction\\.agents(?:\\.(?<plain>[^.\\[]*)|(?<bracketed>\\[[^]]*]))", Pattern.CASE_INSENSITIVE);

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*");

    private final Map<String, String> names = new LinkedHashMap<>(); // by what the binder compares

    private ConfiguredAgents(Iterable<ConfigurationPropertySource> sources) {
        for (ConfigurationPropertySource source : sources) {
            if (source.getUnderlyingSource() instanceof EnumerablePropertySource<?> enumerable
                    && !EnvironmentVariables.isSource(source)) {
                addAll(enumerable);
            }
        }
    }

    /**
     * Reads the names of the configured agents, and checks all keys and values.
     *
     * @return the names in the order in which they are found, none if no agent is configured
     */
    static List<String> read(Environment environment) {
        return List.copyOf(of(environment).names.values());
    }

    /** Checks all keys and values, and warns of environment variables that are ignored. Once for each start. */
    static void check(Environment environment) {
        ConfiguredAgents agents = of(environment);
        if (namedInFiles(ConfigurationPropertySources.get(environment)).isEmpty()) {
            EnvironmentVariables.warnOfAgents(
                    agents.names.values(),
                    environment.getProperty("spring.application.name", AgentDefinitions.UNNAMED));
        }
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (EnvironmentVariables.isSource(source)
                    && source instanceof IterableConfigurationPropertySource variables) {
                EnvironmentVariables.warnOfIgnored(variables, agents.names);
            }
        }
    }

    /** {@return the agents that are named elsewhere than in environment variables: in files, arguments, system properties} */
    static Collection<String> namedInFiles(Iterable<ConfigurationPropertySource> sources) {
        return new ConfiguredAgents(sources).names.values();
    }

    private static ConfiguredAgents of(Environment environment) {
        ConfiguredAgents agents = new ConfiguredAgents(ConfigurationPropertySources.get(environment));
        CompactionProperties properties = bind(environment);
        agents.addAll(properties.agents().keySet());
        properties.check();
        for (String name : agents.names.values()) {
            properties.agents().getOrDefault(name, AgentSettings.NONE).check("compaction.agents." + name + ".");
        }
        return agents;
    }

    /** As strictly as Spring Boot binds the bean, which is made later. */
    private static CompactionProperties bind(Environment environment) {
        BindHandler strict = new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter());
        return Binder.get(environment)
                .bindOrCreate(
                        CompactionProperties.PREFIX,
                        Bindable.of(CompactionProperties.class)
                                .withBindRestrictions(BindRestriction.NO_DIRECT_PROPERTY),
                        new AgentsBindHandler(strict));
    }

    private void addAll(EnumerablePropertySource<?> source) {
        for (String key : source.getPropertyNames()) {
            Matcher agent = KEY.matcher(key);
            if (agent.lookingAt()) {
                String plain = agent.group("plain");
                add(plain != null ? plain : agent.group("bracketed"), key, source);
                requireNoValue(agent.end() == key.length(), key, source);
            }
        }
    }

    private void add(String name, String key, EnumerablePropertySource<?> source) {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidConfigurationPropertyValueException(
                    key,
                    source.getProperty(key),
                    "The name of an agent must begin with a lower-case letter or digit, have only lower-case letters, digits"
                            + " and dashes, and stand without brackets; '" + name + "' does not. Rename the agent in "
                            + source.getName() + ", or, if YAML has read the name as a number or a boolean, quote it.");
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

    private static void requireNoValue(boolean isAgent, String key, EnumerablePropertySource<?> source) {
        Object value = source.getProperty(key);
        if (isAgent && value != null && !value.toString().isEmpty()) {
            throw new InvalidConfigurationPropertyValueException(
                    key,
                    value,
                    "An agent has settings below its name, such as " + key + ".ttl, and no value of its own. Remove the"
                            + " value, or name the setting.");
        }
    }

    private void addAll(Collection<String> bound) {
        bound.forEach(name -> names.putIfAbsent(compared(name), name));
    }

    private static String compared(String name) {
        return name.replace("-", "");
    }
}
