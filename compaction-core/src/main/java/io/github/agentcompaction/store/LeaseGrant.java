package io.github.agentcompaction.store;

import java.util.Objects;

/**
 * A lease that a {@link LeaseStore} has granted.
 *
 * @param session the session's id
 * @param token the token that asked for it
 * @param fence a number that rises with each grant of the session
 * @param epoch the session's epoch at the store, which moves with each compaction
 */
public record LeaseGrant(String session, String token, long fence, long epoch) {

    /**
     * Checks that nothing is null.
     *
     * @param session the session's id
     * @param token the token that asked for it
     * @param fence a number that rises with each grant of the session
     * @param epoch the session's epoch at the store
     */
    public LeaseGrant {
        Objects.requireNonNull(session, "session must not be null");
        Objects.requireNonNull(token, "token must not be null");
    }
}
