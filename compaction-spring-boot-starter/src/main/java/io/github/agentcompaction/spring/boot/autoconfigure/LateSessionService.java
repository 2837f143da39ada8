package io.github.agentcompaction.spring.boot.autoconfigure;

import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.compaction.CompactionTrigger;
import org.springframework.util.function.SingletonSupplier;

/**
 * A session service that learns who compacts its sessions when that is first asked for: the states are made with the
 * application's listeners, and a listener may need the session service.
 */
final class LateSessionService implements SessionService {

    private final SessionService plain;
    private final Supplier<SessionService> compacting;

    LateSessionService(SessionService plain, Supplier<SessionService> compacting) {
        this.plain = plain;
        this.compacting = SingletonSupplier.of(compacting);
    }

    /** {@return the service that compacts, the plain one if there is no other} */
    SessionService compacting() {
        return compacting.get();
    }

    @Override
    public CompactionResult compact(String sessionId, CompactionTrigger trigger, CompactionStrategy strategy) {
        return compacting().compact(sessionId, trigger, strategy);
    }

    // All else needs no coordination.

    @Override
    public Session create(CreateSessionRequest request) {
        return plain.create(request);
    }

    @Override
    public @Nullable Session findById(String sessionId) {
        return plain.findById(sessionId);
    }

    @Override
    public List<Session> findByUserId(String userId) {
        return plain.findByUserId(userId);
    }

    @Override
    public void delete(String sessionId) {
        plain.delete(sessionId);
    }

    @Override
    public int deleteExpiredSessions(Instant before) {
        return plain.deleteExpiredSessions(before);
    }

    @Override
    public void appendEvent(SessionEvent event) {
        plain.appendEvent(event);
    }

    @Override
    public void appendMessage(String sessionId, Message message) {
        plain.appendMessage(sessionId, message);
    }

    @Override
    public List<SessionEvent> getEvents(String sessionId, EventFilter filter) {
        return plain.getEvents(sessionId, filter);
    }

    @Override
    public List<SessionEvent> getEvents(String sessionId) {
        return plain.getEvents(sessionId);
    }

    @Override
    public List<Message> getMessages(String sessionId) {
        return plain.getMessages(sessionId);
    }

    @Override
    public String toString() {
        return "LateSessionService[" + plain.getClass().getSimpleName() + "]";
    }
}
