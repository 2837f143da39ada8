package io.github.agentcompaction.springai.session;

import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.springai.HistorySource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.advisor.SessionMemoryAdvisor;

/**
 * Reads a session as {@link SessionMemoryAdvisor} does, for a {@link CompactionAdvisor}: its active events, as far as the
 * filter and the call's {@link SessionMemoryAdvisor#EVENT_FILTER_CONTEXT_KEY} let them through.
 *
 * <p>Thread-safe.
 */
public final class SessionHistory implements HistorySource {

    private final SessionService service;
    private final EventFilter filter;

    /**
     * Reads all active events.
     *
     * @param service has the sessions
     */
    public SessionHistory(SessionService service) {
        this(service, EventFilter.all());
    }

    /**
     * Reads the active events that a filter lets through.
     *
     * @param service has the sessions
     * @param filter the one that the client's {@link SessionMemoryAdvisor} has
     */
    public SessionHistory(SessionService service, EventFilter filter) {
        this.service = Objects.requireNonNull(service, "service must not be null");
        this.filter = Objects.requireNonNull(filter, "filter must not be null");
    }

    @Override
    public List<Message> read(String sessionId) {
        return read(sessionId, Map.of());
    }

    @Override
    public List<Message> read(String sessionId, Map<String, @Nullable Object> context) {
        EventFilter seen = context.get(SessionMemoryAdvisor.EVENT_FILTER_CONTEXT_KEY) instanceof EventFilter ofCall
                ? filter.merge(ofCall)
                : filter;
        return service.getEvents(sessionId, seen.merge(EventFilter.active())).stream()
                .map(SessionEvent::getMessage)
                .toList();
    }

    @Override
    public String toString() {
        return "SessionHistory[" + service.getClass().getSimpleName() + "]";
    }
}
