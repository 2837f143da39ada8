package io.github.agentcompaction.spring.boot.autoconfigure;

import org.springframework.boot.origin.PropertySourceOrigin;
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
