package io.github.agentcompaction.store;

import java.util.Objects;
import java.util.Optional;

/**
 * What a {@link LeaseStore} knows of a session.
 *
 * @param owner the token of the lease that is held now, if one is
 * @param fence the number of the last grant, or 0 if there is none
 * @param epoch the session's epoch, or 0 if the store knows nothing of it
 */
public record StoredSession(Optional<String> owner, long fence, long epoch) {

    /** Nothing is known. */
    public static final StoredSession UNKNOWN = new StoredSession(Optional.empty(), 0, 0);

    /**
     * Checks that the owner is there or empty, not null.
     *
     * @param owner the token of the lease that is held now
     * @param fence the number of the last grant
     * @param epoch the session's epoch
     */
    public StoredSession {
        Objects.requireNonNull(owner, "owner must not be null; use Optional.empty()");
    }

    /** {@return the name of the replica that holds the lease, if one does} It is what a token begins with, up to the last slash. */
    public Optional<String> replica() {
        return owner.map(token -> token.substring(0, Math.max(token.lastIndexOf('/'), 0)));
    }
}
