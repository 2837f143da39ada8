package io.github.agentcompaction.spring.boot.autoconfigure;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The settings that hold for one agent, inherited ones included, as the configuration gives them; a customizer may have
 * changed them on the way to the agent's beans.
 *
 * @param ttl how long an idle session lock is kept after its last use, and an unread summary after it was written
 * @param maxSize how many idle session locks are kept at most, and, separately, how many unread summaries
 * @param lockTimeout how long a task waits while another one compacts the same session
 * @param maxCompactions how often one task is tried again after its session was compacted
 * @param maxFailures after how many failures in a row a session's compactor is left alone for a while
 * @param failureCooldown how long a session's compactor is left alone after too many failures
 * @param contextWindow how many tokens the agent's model takes, if a prompt is to be compacted before it is too long
 * @param compactAt at which share of the context window a prompt is compacted before the model is called
 */
public record AgentSettings(
        Duration ttl,
        long maxSize,
        Duration lockTimeout,
        int maxCompactions,
        int maxFailures,
        Duration failureCooldown,
        @Nullable Integer contextWindow,
        double compactAt) {}
