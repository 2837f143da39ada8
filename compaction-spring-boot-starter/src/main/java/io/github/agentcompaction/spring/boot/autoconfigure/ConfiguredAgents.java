package io.github.agentcompaction.spring.boot.autoconfigure;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Reads the agents' names from the keys as they were written, and refuses those that would not mean what they say. */
final class ConfiguredAgents {

    /*
     * Why not take the keys of the bound map: the binder sees names that have been through Spring Boot's relaxed form.
     * Unbracketed, `größe` has become `gre`, `my agent` `myagent`, `a.b` an agent `a`; `planner` and `Planner` are two
     * keys that read each other's values; COMPACTION_AGENTS_MYAGENT_TTL, the right way to set the ttl of `my-agent`,
     * appears as one more agent `myagent`; and an agent whose only setting is empty is not there at all.
     *
     * Keys of the system environment and of system properties are not checked for typos: other programs put theirs
     * there (Kubernetes sets COMPACTION_PORT if a service is called `compaction`). Spring Boot leaves them out too.
     */

    private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of(CompactionProperties.PREFIX);
    private static final ConfigurationPropertyName AGENTS = ROOT.append("agents");
    private static final ConfigurationPropertyName SPRING_AI = ROOT.append("spring-ai");

    private static final Pattern AGENT_KEY = Pattern.compile(
            "compaction\\.agents(?:\\.?\\[(?<exact>[^]]*)]|\\.(?<plain>[^.\\[]*))(?:\\.?(?<setting>.*))",
            Pattern.CASE_INSENSITIVE);

    /** What YAML takes for a value, also as a key, and how that is written. */
    private static final Map<String, String> YAML_VALUES =
            Map.of("true", "on, yes and true", "false", "off, no and false", "null", "~ and null");

    private final Environment environment;
    private final UnboundElementsSourceFilter checkedForTypos = new UnboundElementsSourceFilter();
    private final Map<ConfigurationPropertyName, Written> agents = new LinkedHashMap<>();

    private ConfiguredAgents(Environment environment) {
        this.environment = environment;
    }

    /**
     * Reads the names of the configured agents.
     *
     * @return the names in the order in which they are found, none if no agent is configured
     * @throws InvalidCompactionPropertyException if a key under {@code compaction} is unknown, empty or ambiguous
     */
    static List<String> read(Environment environment) {
        ConfiguredAgents reader = new ConfiguredAgents(environment);
        List<ConfigurationPropertySource> variables = new ArrayList<>();
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource) {
                variables.add(source);
            } else if (source.getUnderlyingSource() instanceof EnumerablePropertySource<?> enumerable) {
                reader.readKeys(source, enumerable);
            }
        }
        variables.forEach(reader::readVariables);
        return reader.agents.values().stream().map(Written::agent).toList();
    }

    private void readKeys(ConfigurationPropertySource source, EnumerablePropertySource<?> enumerable) {
        boolean checked = checkedForTypos.apply(source);
        for (String key : enumerable.getPropertyNames()) {
            if (!key.regionMatches(true, 0, CompactionProperties.PREFIX, 0, CompactionProperties.PREFIX.length())) {
                continue;
            }
            Matcher agentKey = AGENT_KEY.matcher(key);
            if (agentKey.matches()) {
                readAgentKey(new Key(enumerable, key), agentKey, checked);
            } else {
                checkTopLevel(new Key(enumerable, key), checked);
            }
        }
    }

    private void checkTopLevel(Key key, boolean checked) {
        ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key.key, '.');
        if (!ROOT.isAncestorOf(name)) {
            return;
        }
        String setting = name.getElement(1, Form.UNIFORM);
        if (name.equals(AGENTS)) {
            if (!key.isEmpty(environment)) {
                throw key.invalid(
                        "Agents are keys, each with its settings below it; '" + key.text() + "' is no such map.",
                        "Give each agent a key of its own, such as compaction.agents.planner: with nothing after it for"
                                + " an agent with all defaults.");
            }
        } else if (SPRING_AI.equals(name) || SPRING_AI.isAncestorOf(name)) {
            checkSpringAi(key, name, checked);
        } else if (!SettingNames.isTopLevel(setting)) {
            if (checked) {
                throw key.invalid(
                        "There is no such setting.",
                        SettingNames.advice(name.getElement(1, Form.DASHED), SettingNames.TOP_LEVEL));
            }
        } else if (name.getNumberOfElements() > 2) {
            if (checked) {
                throw notAValue(key, name.getElement(1, Form.DASHED));
            }
        } else {
            refuseEmpty(key, name);
        }
    }

    private void checkSpringAi(Key key, ConfigurationPropertyName name, boolean checked) {
        if (name.equals(SPRING_AI)) {
            if (!key.isEmpty(environment)) {
                throw key.invalid(
                        "Spring AI has settings below it, not a value of its own.",
                        "Set one of " + String.join(", ", SettingNames.OF_SPRING_AI) + " below it.");
            }
        } else if (!SettingNames.isOfSpringAi(name.getElement(2, Form.UNIFORM))) {
            if (checked) {
                throw key.invalid(
                        "There is no such setting.",
                        SettingNames.advice(name.getElement(2, Form.DASHED), SettingNames.OF_SPRING_AI));
            }
        } else if (name.getNumberOfElements() > 3) {
            if (checked) {
                throw notAValue(key, name.getElement(2, Form.DASHED));
            }
        } else {
            refuseEmpty(key, name);
        }
    }

    private void readAgentKey(Key key, Matcher parts, boolean checked) {
        String exact = parts.group("exact");
        String agent = exact != null ? exact : parts.group("plain");
        String setting = parts.group("setting");
        if (agent.isBlank()) {
            throw key.invalid("The agent's name is blank.", "Give the agent a name.");
        }
        if (exact != null) {
            checkExactName(key, exact);
        } else {
            checkPlainName(key, agent);
        }
        if (setting.isEmpty()) {
            if (!key.isEmpty(environment)) {
                throw key.invalid(
                        "An agent has settings below it, not a value of its own.",
                        "Leave the value empty for an agent with all defaults, or set one of "
                                + String.join(", ", SettingNames.OF_AGENT) + " below it.");
            }
        } else if (!SettingNames.isOfAgent(setting)) {
            if (checked) {
                throw unknownSetting(key, agent, setting, exact != null);
            }
            return;
        } else {
            refuseEmpty(key, ConfigurationPropertyName.adapt(key.key, '.'));
        }
        add(new Written(agent, key));
    }

    private static void checkExactName(Key key, String name) {
        if (name.chars().allMatch(Character::isDigit)) {
            throw key.invalid(
                    "'" + name + "' is a place in a list, and agents are no list.",
                    "Write each agent as a key of its own under compaction.agents, with a name that is not a number.");
        }
        String spellings = YAML_VALUES.get(name);
        if (spellings != null) {
            throw key.invalid(
                    "YAML reads " + spellings + " without quotes as " + name + ", and Spring Boot puts that in"
                            + " brackets, so this may not be the name that was written.",
                    "Write the name in quotes and without brackets, such as \"on\" or \"true\".");
        }
    }

    private void checkPlainName(Key key, String name) {
        ConfigurationPropertyName parsed = ConfigurationPropertyName.adapt("compaction.agents." + name, '.');
        String read = parsed.getNumberOfElements() < 3 ? "" : parsed.getElement(2, Form.ORIGINAL);
        if (!read.equals(name)) {
            throw key.invalid(
                    "Spring Boot would read the agent's name '" + name + "' as '" + read
                            + "': outside of brackets only the letters a to z, digits, '-' and '_' count.",
                    inBrackets(name));
        }
    }

    private InvalidCompactionPropertyException unknownSetting(Key key, String agent, String setting, boolean exact) {
        String first = setting.split("[.\\[]", 2)[0];
        if (SettingNames.isOfAgent(first)) {
            return notAValue(key, first);
        }
        int dot = setting.lastIndexOf('.');
        if (dot < 0) {
            return key.invalid(
                    "The agent '" + agent + "' has no setting '" + setting + "'.",
                    SettingNames.advice(setting, SettingNames.OF_AGENT)
                            + (exact ? "" : " If '" + agent + "." + setting + "' is the name of an agent: ")
                            + (exact ? "" : inBrackets(agent + "." + setting)));
        }
        boolean endsInSetting = SettingNames.isOfAgent(setting.substring(dot + 1));
        String dotted = agent + "." + (endsInSetting ? setting.substring(0, dot) : setting);
        return key.invalid(
                "A dot ends the name of an agent, so this is the agent '" + agent + "', and it has no setting '"
                        + setting + "'.",
                inBrackets(dotted));
    }

    private static InvalidCompactionPropertyException notAValue(Key key, String setting) {
        return key.invalid(
                "'" + setting + "' is a value, not a map or a list.",
                "Write the value right after '" + setting + "', and nothing below it.");
    }

    private static String inBrackets(String name) {
        return "Write the name in quotes and brackets, which is exact: \"[" + name + "]\".";
    }

    private void refuseEmpty(Key key, ConfigurationPropertyName name) {
        if (!key.isEmpty(environment)) {
            return;
        }
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            ConfigurationProperty property = source.getConfigurationProperty(name);
            if (property != null) {
                if (isEmpty(environment, property.getValue())) {
                    break;
                }
                return; // another source, asked before this one, has a value
            }
        }
        throw key.invalid("The setting has no value.", "Give it a value, or remove the key to have the default.");
    }

    private void add(Written written) {
        ConfigurationPropertyName name = isExact(written.key.key, written.agent)
                ? AGENTS.append("[" + written.agent + "]")
                : ConfigurationPropertyName.adapt("compaction.agents." + written.agent, '.');
        Written other = agents.putIfAbsent(name, written);
        if (other != null && !other.agent.equals(written.agent)) {
            throw written.key.invalid(
                    "The agents '" + other.agent + "' (" + other.key.origin() + ") and '" + written.agent
                            + "' are one name to Spring Boot, so each would have the other's settings too.",
                    "Keep one spelling for one agent. If they are two, rename one.");
        }
    }

    private static boolean isExact(String key, String agent) {
        return key.contains("[" + agent + "]");
    }

    /** Environment variables know no case and no dashes: they set agents that have a name, or make a plain new one. */
    private void readVariables(ConfigurationPropertySource source) {
        if (!(source instanceof IterableConfigurationPropertySource iterable)
                || !(source.getUnderlyingSource() instanceof PropertySource<?> underlying)) {
            return;
        }
        Map<String, Written> known = new HashMap<>();
        agents.values().forEach(written -> known.put(uniform(written.agent), written));
        for (ConfigurationPropertyName name : iterable) {
            if (!AGENTS.isAncestorOf(name)) {
                continue;
            }
            String agent = name.getElement(2, Form.ORIGINAL);
            StringBuilder setting = new StringBuilder();
            for (int i = 3; i < name.getNumberOfElements(); i++) {
                setting.append(name.getElement(i, Form.UNIFORM));
            }
            if (setting.isEmpty() || SettingNames.isOfAgent(setting.toString())) {
                Written meant = known.get(uniform(agent));
                if (meant == null) {
                    agents.putIfAbsent(AGENTS.append(agent), new Written(agent, new Key(underlying, name.toString())));
                } else if (!setting.isEmpty()) {
                    refuseUnheard(source, name, meant, SettingNames.spelled(setting.toString()));
                }
            }
        }
    }

    /** A name in brackets is exact, and a variable may not be able to spell it. */
    private static void refuseUnheard(
            ConfigurationPropertySource source, ConfigurationPropertyName name, Written meant, String setting) {
        ConfigurationPropertyName exact = AGENTS.append("[" + meant.agent + "]").append(setting);
        ConfigurationProperty variable = source.getConfigurationProperty(name);
        if (!isExact(meant.key.key, meant.agent)
                || variable == null
                || source.getConfigurationProperty(exact) != null) {
            return;
        }
        throw new InvalidCompactionPropertyException(
                name.toString(),
                String.valueOf(variable.getValue()),
                String.valueOf(variable.getOrigin()),
                "No environment variable can name the agent '" + meant.agent + "' (" + meant.key.origin()
                        + "), so this one would make one more agent, '" + name.getElement(2, Form.ORIGINAL) + "'.",
                "Set it with SPRING_APPLICATION_JSON, or as the argument --" + exact
                        + "=..., or give the agent a name without brackets, of letters a to z, digits and dashes.");
    }

    private static String uniform(String name) {
        return name.toLowerCase(Locale.ROOT)
                .codePoints()
                .filter(Character::isLetterOrDigit)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static boolean isEmpty(Environment environment, @Nullable Object value) {
        return value == null
                || (value instanceof Map<?, ?> map && map.isEmpty())
                || environment.resolvePlaceholders(value.toString()).isBlank();
    }

    /** An agent's name and the key that gave it. */
    private record Written(String agent, Key key) {}

    /** A key as it was written. */
    private record Key(PropertySource<?> source, String key) {

        boolean isEmpty(Environment environment) {
            return ConfiguredAgents.isEmpty(environment, source.getProperty(key));
        }

        String text() {
            return String.valueOf(source.getProperty(key));
        }

        String origin() {
            return InvalidCompactionPropertyException.origin(source, key);
        }

        InvalidCompactionPropertyException invalid(String reason, String action) {
            return new InvalidCompactionPropertyException(key, text(), origin(), reason, action);
        }
    }
}
