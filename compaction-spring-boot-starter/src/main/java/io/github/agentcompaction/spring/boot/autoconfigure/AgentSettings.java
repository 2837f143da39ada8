package io.github.agentcompaction.spring.boot.autoconfigure;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.convert.DurationUnit;

/**
 * The settings of one agent, or the defaults of all; null is a setting that is not set. A customizer may have changed what
 * the agent's beans are built with.
 *
 * @param ttl How long an idle session lock is kept after its last use, and an unread summary after it was written.
 * @param maxSize How many idle session locks are kept at most, and, separately, how many unread summaries.
 * @param lockTimeout How long a task waits while another one compacts the same session.
 * @param maxCompactions How often one task is tried again after its session was compacted.
 * @param maxFailures After how many failures in a row the compactor is suspended for a session.
 * @param failureCooldown How long the compactor is suspended for a session after too many failures.
 * @param contextWindow Number of tokens that the agent's model takes. If set, the advisor for Spring AI compacts a session
 *     before the model has to refuse it.
 * @param compactAt Share of the context window at which the advisor for Spring AI compacts a session.
 * @param background Whether a session that has become long is compacted while its tasks go on. If not, a task waits for it
 *     before the model is called. Used where there is a context window.
 * @param maxBackground How many sessions are compacted in the background at once.
 */
public record AgentSettings(
        @DurationUnit(ChronoUnit.SECONDS) @Nullable Duration ttl,
        @Nullable Long maxSize,
        @DurationUnit(ChronoUnit.SECONDS) @Nullable Duration lockTimeout,
        @Nullable Integer maxCompactions,
        @Nullable Integer maxFailures,
        @DurationUnit(ChronoUnit.SECONDS) @Nullable Duration failureCooldown,
        @Nullable Integer contextWindow,
        @Nullable Double compactAt,
        @Nullable Boolean background,
        @Nullable Integer maxBackground) {

    static final AgentSettings NONE = new AgentSettings(null, null, null, null, null, null, null, null, null, null);

    /**
     * Fills the gaps.
     *
     * @param others the settings to use where these are not set
     * @return the combined settings
     */
    public AgentSettings orElse(AgentSettings others) {
        return new AgentSettings(
                ttl != null ? ttl : others.ttl,
                maxSize != null ? maxSize : others.maxSize,
                lockTimeout != null ? lockTimeout : others.lockTimeout,
                maxCompactions != null ? maxCompactions : others.maxCompactions,
                maxFailures != null ? maxFailures : others.maxFailures,
                failureCooldown != null ? failureCooldown : others.failureCooldown,
                contextWindow != null ? contextWindow : others.contextWindow,
                compactAt != null ? compactAt : others.compactAt,
                background != null ? background : others.background,
                maxBackground != null ? maxBackground : others.maxBackground);
    }

    /**
     * Validates the ranges.
     *
     * @param prefix what the settings stand under, with its last dot
     * @throws InvalidConfigurationPropertyValueException for the first value that is out of range
     */
    void check(String prefix) {
        requirePositive(prefix + "ttl", ttl);
        requireAtLeastOne(prefix + "max-size", maxSize);
        requirePositive(prefix + "lock-timeout", lockTimeout);
        requireAtLeastOne(prefix + "max-compactions", maxCompactions);
        requireAtLeastOne(prefix + "max-failures", maxFailures);
        requirePositive(prefix + "failure-cooldown", failureCooldown);
        requireAtLeastOne(prefix + "context-window", contextWindow);
        require(
                compactAt == null || (compactAt > 0 && compactAt <= 1),
                prefix + "compact-at",
                compactAt,
                "It must be more than 0 and at most 1. Set a share such as 0.8");
        requireAtLeastOne(prefix + "max-background", maxBackground);
    }

    static void requirePositive(String key, @Nullable Duration value) {
        require(
                value == null || value.compareTo(Duration.ZERO) > 0,
                key,
                value,
                "It must be longer than zero. Set a duration such as 30s, 5m or 1h");
    }

    private static void requireAtLeastOne(String key, @Nullable Number value) {
        require(value == null || value.longValue() >= 1, key, value, "It must be at least 1. Set a larger number");
    }

    static void require(boolean inRange, String key, @Nullable Object value, String rule) {
        if (!inRange) {
            throw new InvalidConfigurationPropertyValueException(
                    key, value, rule + ", or remove the key to have the default.");
        }
    }
}
