package io.github.agentcompaction.spring.boot.autoconfigure;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;

/**
 * The settings under {@code compaction}: the defaults of every agent, and the agents. An unknown key stops the start.
 *
 * @param enabled Whether to compact sessions. If not, all beans are there, tasks run, and their errors pass through.
 * @param ttl How long an idle session lock is kept after its last use, and an unread summary after it was written.
 * @param maxSize How many idle session locks are kept at most, and, separately, how many unread summaries.
 * @param lockTimeout How long a task waits while another one compacts the same session.
 * @param maxCompactions How often one task is tried again after its session was compacted.
 * @param maxFailures After how many failures in a row the compactor is suspended for a session.
 * @param failureCooldown How long the compactor is suspended for a session after too many failures.
 * @param contextWindow Number of tokens that the agent's model takes. If set, the advisor for Spring AI compacts a session
 *     before the model is called with a prompt that is estimated to be too long.
 * @param compactAt Share of the context window at which the advisor for Spring AI compacts a session.
 * @param agents Agents by name, each with the settings that differ from the defaults. Without any, there is one agent
 *     named after the application.
 * @param springAi Settings for Spring AI.
 */
@ConfigurationProperties(prefix = CompactionProperties.PREFIX, ignoreUnknownFields = false)
public record CompactionProperties(
        @DefaultValue("true") boolean enabled,

        @DurationUnit(ChronoUnit.SECONDS) @DefaultValue("1h")
        Duration ttl,

        @DefaultValue("10000") long maxSize,

        @DurationUnit(ChronoUnit.SECONDS) @DefaultValue("5m")
        Duration lockTimeout,

        @DefaultValue("3") int maxCompactions,
        @DefaultValue("3") int maxFailures,

        @DurationUnit(ChronoUnit.SECONDS) @DefaultValue("1m")
        Duration failureCooldown,

        @Nullable Integer contextWindow,
        @DefaultValue("0.8") double compactAt,
        @DefaultValue Map<String, AgentSettings> agents,
        @DefaultValue SpringAi springAi) {

    /*
     * Records and not beans with setters: an agent may be empty in one file and have a setting in another, or in an
     * environment variable (`planner:` and COMPACTION_AGENTS_PLANNER_TTL). For beans, Spring Boot 4.1.1 drops the setting.
     */

    static final String PREFIX = "compaction";

    /** {@return the settings of every agent that does not have its own} */
    AgentSettings defaults() {
        return new AgentSettings(
                ttl, maxSize, lockTimeout, maxCompactions, maxFailures, failureCooldown, contextWindow, compactAt);
    }

    /**
     * Looks up what holds for one agent.
     *
     * @param agent the agent's name
     * @return the agent's own settings, and the defaults for those that it does not set
     */
    public AgentSettings settingsOf(String agent) {
        return agents.getOrDefault(agent, AgentSettings.NONE).orElse(defaults());
    }

    /**
     * The settings for Spring AI. Used where {@code compaction-spring-ai} is on the class path.
     *
     * @param defaultAdvisor Agent whose advisor each ChatClient.Builder of the application is given. Without it, the
     *     application adds advisors itself.
     * @param keepAllMessages Whether the ChatMemory bean keeps all messages, also without a default advisor. Where there is
     *     one, and the agents' advisors are for the ChatMemory, it does anyway.
     * @param sessionServiceAgent Agent whose locks the SessionService bean uses. Can be left out where there is a default
     *     advisor, whose agent it is then, or one agent.
     */
    public record SpringAi(
            @Nullable String defaultAdvisor,
            @DefaultValue("false") boolean keepAllMessages,
            @Nullable String sessionServiceAgent) {}
}
