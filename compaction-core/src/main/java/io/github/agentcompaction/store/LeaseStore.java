package io.github.agentcompaction.store;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The leases of one agent's sessions in a store that several replicas share. A lease is the right to compact a session; it
 * ends by itself when its holder does not renew it.
 *
 * <p>No method waits for a lease: waiting, renewal and giving up are the core's, which has at most one contender for each
 * session in a process.
 *
 * <p><b>Thread safety.</b> All methods may be called from any thread and block none: what blocks runs on threads of the
 * store, and stages may complete on any thread, such as an event loop's: what the core does then, and on a signal, does not
 * block, and code of users runs elsewhere. Session ids are any text; no id ever reaches another session's lease.
 *
 * <p><b>Errors.</b> A stage that fails means that the store could not be asked and the outcome is not known. Each stage
 * completes within a time limit of the store, a few seconds, also when the store is down.
 */
public interface LeaseStore {

    /** {@return how long a lease lasts after it was taken or renewed} Not shorter than a second. */
    Duration lease();

    /**
     * Takes the session's lease if it is free. Idempotent for each token: repeated by the holder, it is granted again with the
     * same fence. A token that was released or abandoned is not sent again; one that comes late, from a connection that was thought
     * dead, is to be refused or undone.
     *
     * @param session the session's id
     * @param token names this attempt and nothing else; it begins with the replica's name
     * @return the lease, or for how long it is likely to be busy
     */
    CompletionStage<LeaseAttempt> tryAcquire(String session, String token);

    /**
     * Prolongs a lease. A renewal that comes late succeeds if no other holder has come in between.
     *
     * @param grant the lease
     * @return false if the lease is another holder's now, or was released
     */
    CompletionStage<Boolean> renew(LeaseGrant grant);

    /**
     * Ends a lease, and moves the session's epoch by one if it was compacted. Idempotent.
     *
     * @param grant the lease
     * @param compacted whether the session was compacted under the lease
     * @return whether the grant was still the last one; if not, nothing was changed
     */
    CompletionStage<Boolean> release(LeaseGrant grant, boolean compacted);

    /**
     * Undoes a {@link #tryAcquire} whose answer was lost. The token is never used again.
     *
     * @param session the session's id
     * @param token the token of that attempt
     * @return completes when the token holds nothing
     */
    CompletionStage<Void> abandon(String session, String token);

    /**
     * Looks at a session, for endpoints.
     *
     * @param session the session's id
     * @return what the store knows of it
     */
    CompletionStage<StoredSession> inspect(String session);

    /**
     * Asks to be told when a lease comes free, as far as the store can tell. A signal may be missed, late or needless.
     *
     * @param listener is given the session's id, or null if signals may have been missed; called on any thread, returns at
     *     once and does not throw
     * @return ends the signals
     */
    AutoCloseable onReleased(Consumer<@Nullable String> listener);
}
