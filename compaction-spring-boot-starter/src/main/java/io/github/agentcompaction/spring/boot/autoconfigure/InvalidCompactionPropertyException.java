package io.github.agentcompaction.spring.boot.autoconfigure;

import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;

/** A key under {@code compaction} that stops the start, with what its author needs to repair it. */
final class InvalidCompactionPropertyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String key;
    private final String value;
    private final String origin;
    private final String reason;
    private final String action;

    InvalidCompactionPropertyException(String key, String value, String origin, String reason, String action) {
        super("The property '" + key + "' with the value '" + value + "' from " + origin + " cannot be used. " + reason
                + " " + action);
        this.key = key;
        this.value = value;
        this.origin = origin;
        this.reason = reason;
        this.action = action;
    }

    /** The exception for a property that is set, with the value and place that count. */
    static InvalidCompactionPropertyException of(Environment environment, String key, String reason, String action) {
        ConfigurationPropertyName name = ConfigurationPropertyName.of(key);
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            ConfigurationProperty property = source.getConfigurationProperty(name);
            if (property != null) {
                return new InvalidCompactionPropertyException(
                        key, String.valueOf(property.getValue()), String.valueOf(property.getOrigin()), reason, action);
            }
        }
        return new InvalidCompactionPropertyException(key, "", "an unknown place", reason, action);
    }

    static String origin(PropertySource<?> source, String key) {
        return PropertySourceOrigin.get(source, key).toString();
    }

    String key() {
        return key;
    }

    String value() {
        return value;
    }

    String origin() {
        return origin;
    }

    String reason() {
        return reason;
    }

    String action() {
        return action;
    }
}
