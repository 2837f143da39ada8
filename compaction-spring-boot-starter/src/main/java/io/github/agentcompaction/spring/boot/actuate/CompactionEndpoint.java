package io.github.agentcompaction.spring.boot.actuate;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionSnapshot;
import io.github.agentcompaction.spring.boot.autoconfigure.AgentSettings;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.StoredSession;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;

/**
 * The Actuator endpoint {@code compaction}: the agents, and what one session is waiting for.
 *
 * <p>Looking does not count as use of a session. No answer contains any text of a conversation. Deleting needs
 * {@code management.endpoint.compaction.access=unrestricted}; without it the endpoint only reads, however it is exposed.
 */
@Endpoint(id = "compaction", defaultAccess = Access.READ_ONLY)
public final class CompactionEndpoint {

    /** The view of an agent shows at most this many sessions. */
    private static final int HELD_SESSIONS = 100;

    private final CompactionStates states;
    private final CompactionProperties properties;
    private final CompactionCounts compactions;

    /**
     * Makes the endpoint.
     *
     * @param states the agents
     * @param properties their settings
     * @param compactions what their compactions have come to
     */
    public CompactionEndpoint(CompactionStates states, CompactionProperties properties, CompactionCounts compactions) {
        this.states = states;
        this.properties = properties;
        this.compactions = compactions;
    }

    /** {@return all agents with their counts} */
    @ReadOperation
    public AgentsDescriptor agents() {
        Map<String, Counts> agents = new LinkedHashMap<>();
        for (String agent : states.names()) {
            agents.put(agent, Counts.of(states.get(agent)));
        }
        return new AgentsDescriptor(properties.enabled(), agents);
    }

    /**
     * Shows one agent.
     *
     * @param agent the agent's name
     * @return the agent, or null if there is none of that name
     */
    @ReadOperation
    public @Nullable AgentDescriptor agent(@Selector String agent) {
        return find(agent)
                .map(state -> new AgentDescriptor(
                        agent,
                        settings(agent, state),
                        Counts.of(state),
                        compactions.of(agent).orElse(null),
                        state.heldSessions().stream()
                                .limit(HELD_SESSIONS)
                                .map(held -> SessionDescriptor.of(held, null))
                                .toList()))
                .orElse(null);
    }

    /*
     * Agent and session are one selector. With two, WebFlux puts the whole rest of the path into the last one, the agent's
     * name included, and WebMVC and Jersey do not; nothing in the arguments tells which of them it was. Jersey comes here for
     * an agent, too: it prefers the pattern of this selector to that of a single segment.
     */

    /**
     * Shows one session.
     *
     * @param agentAndSession the agent's name, and after it the session's id, in pieces where it has slashes
     * @return the session, or null if the agent knows nothing of it at this moment; the agent, if only that is named
     */
    @ReadOperation
    public @Nullable OperationResponseBody session(@Selector(match = Match.ALL_REMAINING) String... agentAndSession) {
        if (agentAndSession.length == 1) {
            return agent(agentAndSession[0]);
        }
        return sessionId(agentAndSession)
                .flatMap(id -> find(agentAndSession[0]).flatMap(state -> session(state, id)))
                .orElse(null);
    }

    /**
     * Discards the deferred summary of one session, unread. The session itself stays compacted.
     *
     * @param agentAndSession the agent's name, and after it the session's id, in pieces where it has slashes
     * @return whether there was one
     */
    @DeleteOperation
    public boolean discardSummary(@Selector(match = Match.ALL_REMAINING) String... agentAndSession) {
        return sessionId(agentAndSession)
                .flatMap(id -> find(agentAndSession[0]).map(state -> state.discardSummary(id)))
                .orElse(false);
    }

    private static Optional<SessionDescriptor> session(SessionCompactionState state, String id) {
        Optional<CompletableFuture<StoredSession>> asked = state.store().map(store -> StoreDescriptor.ask(store, id));
        Optional<SessionSnapshot> here =
                state.inspect(id); // asks for the summary: a store that is down costs one limit
        Optional<StoreDescriptor> stored = asked.map(StoreDescriptor::of);
        return here.or(() -> stored.filter(StoreDescriptor::isKnown)
                        .map(elsewhere -> new SessionSnapshot(
                                id, false, Optional.empty(), 0, Optional.empty(), Optional.empty())))
                .map(snapshot -> SessionDescriptor.of(snapshot, stored.orElse(null)));
    }

    /** {@return what stands after the agent's name, if anything does} */
    private static Optional<String> sessionId(String[] agentAndSession) {
        String id = Arrays.stream(agentAndSession).skip(1).collect(Collectors.joining("/"));
        return id.isBlank() ? Optional.empty() : Optional.of(id);
    }

    private Optional<SessionCompactionState> find(String agent) {
        return states.names().contains(agent) ? Optional.of(states.get(agent)) : Optional.empty();
    }

    /** The state knows its own settings best; those of the template are as configured. */
    private AgentSettings settings(String agent, SessionCompactionState state) {
        return new AgentSettings(state.ttl(), state.maxSize(), null, null, null, null, null, null, null, null)
                .orElse(properties.settingsOf(agent));
    }

    /**
     * All agents.
     *
     * @param enabled whether {@code compaction.enabled} is true
     * @param agents the counts of each agent, by its name
     */
    public record AgentsDescriptor(boolean enabled, Map<String, Counts> agents) implements OperationResponseBody {}

    /**
     * One agent.
     *
     * @param agent the agent's name
     * @param settings what holds for it
     * @param counts how much there is of everything
     * @param compactions what its compactions have come to, absent for a state of the application's own that is not counted
     * @param heldSessions the sessions whose lock is held, the longest-held first, at most 100
     */
    public record AgentDescriptor(
            String agent,
            AgentSettings settings,
            Counts counts,
            @Nullable Compactions compactions,
            List<SessionDescriptor> heldSessions)
            implements OperationResponseBody {}

    /**
     * What the compactions of an agent have come to since the start.
     *
     * @param outcomes how many attempts ended in which way, by the outcome in lower case
     * @param tokens what they cost and saved
     * @param backgroundRunning how many run in the background at this moment
     */
    public record Compactions(Map<String, Long> outcomes, Tokens tokens, int backgroundRunning) {}

    /**
     * What compactions cost and saved, in tokens; what compactors do not tell is not in it.
     *
     * @param prompt what providers counted for the prompts that asked for summaries
     * @param completion what providers counted for the summaries
     * @param saved by how much the histories are shorter, an estimate
     */
    public record Tokens(long prompt, long completion, long saved) {}

    /**
     * How much there is of everything.
     *
     * @param locks the locks that are kept, in use or idle
     * @param held the locks that are held
     * @param waiting the tasks that wait for a lock
     * @param summaries the unread summaries
     */
    public record Counts(long locks, int held, int waiting, int summaries) {

        static Counts of(SessionCompactionState state) {
            return new Counts(state.lockCount(), state.heldCount(), state.waitingCount(), state.summaryCount());
        }
    }

    /**
     * One session.
     *
     * @param session the session's id
     * @param locked whether the session's lock is held
     * @param heldFor how long the lock has been held, absent when it is free
     * @param waiting how many tasks wait for the lock
     * @param epoch the lock's epoch, absent when the session has no lock at this moment; a mark to compare with an earlier
     *     one, not a count of compactions: a lock begins above what the agent's other locks have reached
     * @param summaryPresent whether a summary waits for the end of an answer
     * @param summaryAge how long ago the summary was stored, absent when there is none
     * @param store what the store that replicas share knows, absent where there is none, and in lists
     */
    public record SessionDescriptor(
            String session,
            boolean locked,
            @Nullable Duration heldFor,
            int waiting,
            @Nullable Long epoch,
            boolean summaryPresent,
            @Nullable Duration summaryAge,
            @Nullable StoreDescriptor store)
            implements OperationResponseBody {

        static SessionDescriptor of(SessionSnapshot snapshot, @Nullable StoreDescriptor store) {
            return new SessionDescriptor(
                    snapshot.sessionId(),
                    snapshot.locked(),
                    snapshot.heldFor().orElse(null),
                    snapshot.waiting(),
                    snapshot.epoch().orElse(null),
                    snapshot.summaryAge().isPresent(),
                    snapshot.summaryAge().orElse(null),
                    store);
        }
    }

    /**
     * What the store that replicas share knows of a session.
     *
     * @param answers whether the store has answered
     * @param holder the replica that holds the session's lease, absent when it is free
     * @param fence the number of the last lease, absent when the store knows nothing of the session
     * @param epoch the session's epoch at the store, absent when the store knows nothing of the session
     */
    public record StoreDescriptor(
            boolean answers,
            @Nullable String holder,
            @Nullable Long fence,
            @Nullable Long epoch) {

        static CompletableFuture<StoredSession> ask(LeaseStore store, String sessionId) {
            return store.inspect(sessionId).toCompletableFuture().orTimeout(10, TimeUnit.SECONDS);
        }

        static StoreDescriptor of(CompletableFuture<StoredSession> answer) {
            try {
                StoredSession session = answer.join();
                boolean known = !session.equals(StoredSession.UNKNOWN);
                return new StoreDescriptor(
                        true,
                        session.replica().orElse(null),
                        known ? session.fence() : null,
                        known ? session.epoch() : null);
            } catch (CompletionException down) {
                return new StoreDescriptor(false, null, null, null);
            }
        }

        boolean isKnown() {
            return epoch != null;
        }
    }
}
