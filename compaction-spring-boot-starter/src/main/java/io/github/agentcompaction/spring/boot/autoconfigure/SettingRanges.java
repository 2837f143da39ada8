package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.Agent;
import java.time.Duration;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.Environment;

/** Refuses values that are of the right type and still make no sense: nothing lives for no time, nothing fits in no room. */
final class SettingRanges {

    private final Environment environment;
    private final @Nullable String agent;

    private SettingRanges(Environment environment, @Nullable String agent) {
        this.environment = environment;
        this.agent = agent;
    }

    /**
     * Checks the defaults and the own settings of each of the agents.
     *
     * @throws InvalidCompactionPropertyException for the first value that is out of range
     */
    static void check(CompactionProperties properties, Collection<String> agents, Environment environment) {
        new SettingRanges(environment, null)
                .check(new Agent(
                        properties.ttl(),
                        properties.maxSize(),
                        properties.lockTimeout(),
                        properties.maxCompactions(),
                        properties.maxFailures(),
                        properties.failureCooldown(),
                        properties.contextWindow(),
                        properties.compactAt()));
        for (String agent : agents) {
            Agent settings = properties.agents().get(agent);
            if (settings != null) {
                new SettingRanges(environment, agent).check(settings);
            }
        }
    }

    private void check(Agent settings) {
        requirePositive("ttl", settings.ttl());
        requireAtLeastOne("max-size", settings.maxSize());
        requirePositive("lock-timeout", settings.lockTimeout());
        requireAtLeastOne("max-compactions", settings.maxCompactions());
        requireAtLeastOne("max-failures", settings.maxFailures());
        requirePositive("failure-cooldown", settings.failureCooldown());
        requireAtLeastOne("context-window", settings.contextWindow());
        requireShare("compact-at", settings.compactAt());
    }

    private void requireShare(String setting, @Nullable Double value) {
        if (value != null && !(value > 0 && value <= 1)) {
            throw outOfRange(
                    setting, value, "It must be more than 0 and at most 1.", "Set a share such as 0.8, or remove");
        }
    }

    private void requirePositive(String setting, @Nullable Duration value) {
        if (value != null && (value.isZero() || value.isNegative())) {
            throw outOfRange(
                    setting, value, "It must be longer than zero.", "Set a duration such as 30s, 5m or 1h, or remove");
        }
    }

    private void requireAtLeastOne(String setting, @Nullable Number value) {
        if (value == null) {
            return;
        }
        // YAML makes a number of 1.5, and Spring a whole one of that.
        ConfigurationProperty written = find(setting);
        if (written != null && written.getValue() instanceof Number number && number.doubleValue() % 1 != 0) {
            throw outOfRange(setting, value, "It must be a whole number.", "Round it, or remove");
        }
        if (value.longValue() < 1) {
            throw outOfRange(setting, value, "It must be at least 1.", "Set a larger number, or remove");
        }
    }

    private InvalidCompactionPropertyException outOfRange(String setting, Object value, String reason, String action) {
        String remedy = action + " the key to have the default.";
        ConfigurationProperty property = find(setting);
        if (property == null) {
            return new InvalidCompactionPropertyException(
                    key(setting), value.toString(), "an unknown place", reason, remedy);
        }
        String origin = property.getOrigin() != null ? property.getOrigin().toString() : "an unknown place";
        return new InvalidCompactionPropertyException(
                key(setting), String.valueOf(property.getValue()), origin, reason, remedy);
    }

    private String key(String setting) {
        return CompactionProperties.PREFIX + (agent != null ? ".agents." + agent : "") + "." + setting;
    }

    private @Nullable ConfigurationProperty find(String setting) {
        ConfigurationPropertyName root = ConfigurationPropertyName.of(CompactionProperties.PREFIX);
        ConfigurationPropertyName exact = root;
        ConfigurationPropertyName plain = root;
        if (agent != null) {
            exact = root.append("agents").append("[" + agent + "]");
            plain = ConfigurationPropertyName.adapt("compaction.agents." + agent, '.');
        }
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            ConfigurationProperty property = source.getConfigurationProperty(exact.append(setting));
            if (property == null && (agent == null || isSame(plain, agent))) {
                property = source.getConfigurationProperty(plain.append(setting));
            }
            if (property != null) {
                return property;
            }
        }
        return null;
    }

    private static boolean isSame(ConfigurationPropertyName plain, String agent) {
        return plain.getNumberOfElements() == 3
                && plain.getElement(2, Form.ORIGINAL).equals(agent);
    }
}
