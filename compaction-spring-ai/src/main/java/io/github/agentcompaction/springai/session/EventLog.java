package io.github.agentcompaction.springai.session;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.compaction.CompactionRequest;
import org.springframework.ai.session.compaction.CompactionResult;

/** Reads the active events of sessions, and writes a compaction in front of what was appended meanwhile. */
final class EventLog {

    /** How often an append may come between reading the events and writing them: far more than happens by chance. */
    static final int MAX_WRITES = 100;

    private final SessionRepository repository;

    EventLog(SessionRepository repository) {
        this.repository = repository;
    }

    /** {@return the session's active events, or empty if there is no such session} */
    Optional<Snapshot> read(String sessionId) {
        Session session = repository.findById(sessionId);
        if (session == null) {
            return Optional.empty();
        }
        long version = repository.getEventVersion(sessionId); // before the events: it is never newer than they are
        return Optional.of(new Snapshot(version, CompactionRequest.of(session, active(sessionId))));
    }

    boolean hasMoved(Snapshot seen) {
        return repository.getEventVersion(seen.sessionId()) != seen.version;
    }

    /**
     * Replaces what a strategy has seen by what it made. Changes nothing if some of those events are gone.
     *
     * @return what is active now and what was archived, or empty if an append came first in each try to write
     */
    Optional<CompactionResult> apply(Snapshot seen, CompactionResult made) {
        if (made.archivedEvents().isEmpty()) {
            return Optional.of(made);
        }
        String sessionId = seen.sessionId();
        Set<SessionEvent> known = new HashSet<>(seen.events());
        known.addAll(made.compactedEvents());
        for (int write = 0; write < MAX_WRITES; write++) {
            long version =
                    repository.getEventVersion(sessionId); // before the events, so that the write notices an append
            List<SessionEvent> current = active(sessionId);
            if (!new HashSet<>(current).containsAll(seen.events())) {
                return Optional.of(unchanged(current));
            }
            List<SessionEvent> active = new ArrayList<>(made.compactedEvents());
            current.stream().filter(event -> !known.contains(event)).forEach(active::add);
            if (repository.compactEvents(sessionId, made.archivedEvents(), active, version)) {
                return Optional.of(new CompactionResult(active, made.archivedEvents(), made.tokensEstimatedSaved()));
            }
        }
        return Optional.empty();
    }

    List<SessionEvent> active(String sessionId) {
        return repository.findEvents(sessionId, EventFilter.active());
    }

    static CompactionResult unchanged(List<SessionEvent> active) {
        return new CompactionResult(active, List.of(), 0);
    }

    /** The active events, with the version that the log had when they were read, or a little earlier. */
    record Snapshot(long version, CompactionRequest request) {

        String sessionId() {
            return request.session().id();
        }

        List<SessionEvent> events() {
            return request.events();
        }
    }
}
