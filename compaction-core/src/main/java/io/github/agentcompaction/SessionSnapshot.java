package io.github.agentcompaction;

import java.time.Duration;
import java.util.Optional;

/**
 * What is known of one session at one moment, for people who look from outside; it holds no text of the conversation.
 *
 * @param sessionId the session's id
 * @param locked whether the lease is held
 * @param heldFor how long the lease has been held, empty when it is free
 * @param waiting how many wait for the lease
 * @param epoch the lock's epoch, empty when the session has no lock at this moment
 * @param summaryAge how long ago the deferred summary was stored, empty when there is none
 */
public record SessionSnapshot(
        String sessionId,
        boolean locked,
        Optional<Duration> heldFor,
        int waiting,
        Optional<Long> epoch,
        Optional<Duration> summaryAge) {}
