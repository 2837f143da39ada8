package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.OnUnavailable;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
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
 *     before the model has to refuse it.
 * @param compactAt Share of the context window at which the advisor for Spring AI compacts a session.
 * @param background Whether a session that has become long is compacted while its tasks go on. If not, a task waits for it
 *     before the model is called. Used where there is a context window.
 * @param maxBackground How many sessions are compacted in the background at once.
 * @param agents Agents by name, each with the settings that differ from the defaults. Without any, there is one agent
 *     named after the application.
 * @param springAi Settings for Spring AI.
 * @param store Where several replicas of the service share leases, epochs and unread summaries. Without a store each process
 *     coordinates its own tasks only.
 * @param lease How long a lease at the store lasts unless it is renewed, which happens at a third of that. A replica that has
 *     died holds up its sessions for so long. At least 2 seconds.
 * @param namespace Name that the replicas of a service have in common and that other services at the same store do not have.
 *     The name of the application if not set.
 * @param replica Name of this process, for people who look up which replica holds a lease. Process id and host if not set.
 * @param onUnavailable What a task that needs a lease does when the store does not answer.
 * @param jdbc Settings for the store in a database.
 * @param redis Settings for the store in Redis.
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
        @DefaultValue("true") boolean background,
        @DefaultValue("4") int maxBackground,
        @DefaultValue Map<String, AgentSettings> agents,
        @DefaultValue SpringAi springAi,
        @DefaultValue("none") StoreType store,

        @DurationUnit(ChronoUnit.SECONDS) @DefaultValue("30s")
        Duration lease,

        @Nullable String namespace,
        @Nullable String replica,
        @DefaultValue("fail") OnUnavailable onUnavailable,
        @DefaultValue Jdbc jdbc,
        @DefaultValue Redis redis) {

    /*
     * Records and not beans with setters: an agent may be empty in one file and have a setting in another, or in an
     * environment variable (`planner:` and COMPACTION_AGENTS_PLANNER_TTL). For beans, Spring Boot 4.1.1 drops the setting.
     */

    static final String PREFIX = "compaction";

    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(2);

    private static final int LONGEST_REPLICA = 100;

    /** {@return the settings of every agent that does not have its own} */
    AgentSettings defaults() {
        return new AgentSettings(
                ttl,
                maxSize,
                lockTimeout,
                maxCompactions,
                maxFailures,
                failureCooldown,
                contextWindow,
                compactAt,
                background,
                maxBackground);
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
     * Validates the ranges of what is the same for all agents.
     *
     * @throws InvalidConfigurationPropertyValueException for the first value that is out of range
     */
    void check() {
        defaults().check(PREFIX + ".");
        AgentSettings.require(
                lease.compareTo(SHORTEST_LEASE) >= 0,
                PREFIX + ".lease",
                lease,
                "It must be 2 seconds or longer, so that a renewal can come late. Set a duration such as 30s");
        AgentSettings.require(
                replica == null || replica.length() <= LONGEST_REPLICA,
                PREFIX + ".replica",
                replica,
                "It must not be longer than " + LONGEST_REPLICA + " characters. Set a shorter name");
        springAi.check();
        redis.check();
    }

    /** Which store the replicas share. */
    public enum StoreType {
        /** None: one process. */
        NONE,
        /** The database that holds the history, with compaction-jdbc. */
        JDBC,
        /** Redis, with compaction-redis. */
        REDIS
    }

    /**
     * The settings for the store in a database. Used where {@code compaction.store} is {@code jdbc}.
     *
     * @param initializeSchema When to create the table if it is missing.
     * @param tablePrefix What the table's name begins with; it may name a schema, with a dot.
     * @param listen Whether replicas tell each other by LISTEN and NOTIFY when a lease comes free, on PostgreSQL. Switch it off
     *     behind a pooler that does not carry LISTEN.
     */
    public record Jdbc(
            @DefaultValue("embedded") InitializeSchema initializeSchema,
            @DefaultValue("compaction_") String tablePrefix,
            @DefaultValue("true") boolean listen) {}

    /** When to create the table. */
    public enum InitializeSchema {
        /** In an embedded database. */
        EMBEDDED,
        /** In any database, if it is missing. */
        ALWAYS,
        /** Never. */
        NEVER
    }

    /**
     * The settings for the store in Redis. Used where {@code compaction.store} is {@code redis}.
     *
     * @param commandTimeout How long one question to Redis may take.
     * @param maxPoll How often a waiting replica asks again where signals do not reach it.
     */
    public record Redis(
            @DurationUnit(ChronoUnit.SECONDS) @DefaultValue("2s")
            Duration commandTimeout,

            @DurationUnit(ChronoUnit.SECONDS) @DefaultValue("1s")
            Duration maxPoll) {

        void check() {
            AgentSettings.requirePositive(PREFIX + ".redis.command-timeout", commandTimeout);
            AgentSettings.requirePositive(PREFIX + ".redis.max-poll", maxPoll);
        }
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
     * @param clearToolResults Whether a turn that is too long by itself goes on with a note in the place of old tool results.
     *     Only the prompt changes.
     * @param clearOldToolResults Whether tool results of old turns are left out of a prompt in the same way before a summary is
     *     paid for. Best with a context window.
     * @param summaryRequest How the model is asked for a summary of what a ChatMemory holds.
     * @param share Share of the tokens of what a ChatMemory holds that is summarized at once, the oldest first.
     */
    public record SpringAi(
            @Nullable String defaultAdvisor,
            @DefaultValue("false") boolean keepAllMessages,
            @Nullable String sessionServiceAgent,
            @DefaultValue("true") boolean clearToolResults,
            @DefaultValue("false") boolean clearOldToolResults,
            @DefaultValue("transcript") SummaryRequest summaryRequest,
            @DefaultValue("0.5") double share) {

        void check() {
            AgentSettings.require(
                    share > 0 && share <= 1,
                    PREFIX + ".spring-ai.share",
                    share,
                    "It must be more than 0 and at most 1. Set a share such as 0.5");
        }
    }

    /** How the model is asked for a summary. */
    public enum SummaryRequest {
        /** With the messages written as one text. */
        TRANSCRIPT,
        /** By going on with the conversation, so that a provider's prompt cache can serve what comes before the question. */
        CONTINUE
    }
}
