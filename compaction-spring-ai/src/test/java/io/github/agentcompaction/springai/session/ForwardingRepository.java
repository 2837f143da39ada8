package io.github.agentcompaction.springai.session;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;

/** Passes everything on; tests override what they change. */
class ForwardingRepository implements SessionRepository {

    private final SessionRepository delegate;

    ForwardingRepository(SessionRepository delegate) {
        this.delegate = delegate;
    }

    @Override
    public Session save(Session session) {
        return delegate.save(session);
    }

    @Override
    public @Nullable Session findById(String sessionId) {
        return delegate.findById(sessionId);
    }

    @Override
    public List<Session> findByUserId(String userId) {
        return delegate.findByUserId(userId);
    }

    @Override
    public List<String> findExpiredSessionIds(Instant before) {
        return delegate.findExpiredSessionIds(before);
    }

    @Override
    public void delete(String sessionId) {
        delegate.delete(sessionId);
    }

    @Override
    public void appendEvent(SessionEvent event) {
        delegate.appendEvent(event);
    }

    @Override
    public boolean compactEvents(
            String sessionId, List<SessionEvent> archived, List<SessionEvent> retained, long version) {
        return delegate.compactEvents(sessionId, archived, retained, version);
    }

    @Override
    public long getEventVersion(String sessionId) {
        return delegate.getEventVersion(sessionId);
    }

    @Override
    public List<SessionEvent> findEvents(String sessionId, EventFilter filter) {
        return delegate.findEvents(sessionId, filter);
    }
}
