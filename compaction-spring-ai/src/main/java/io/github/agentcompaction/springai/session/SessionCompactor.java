package io.github.agentcompaction.springai.session;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.ContextLimitErrors;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.compaction.RecursiveSummarizationCompactionStrategy;

/**
 * Compacts a session of {@code spring-ai-session}, whatever its triggers say, with the first of its strategies that
 * archives anything. A strategy whose own model refuses what it is to summarize as too long is passed over, unless it is the
 * last.
 *
 * <p>The summary is the text of the synthetic events that the compaction has made, without the user's; it is
 * {@link #WITHOUT_SUMMARY} if the strategy only leaves events out. If the strategies archive nothing, or there is no such
 * session, nothing is left to compact. A strategy that keeps the newest events keeps them however long they are.
 *
 * <p>The service should be a {@link CoordinatedSessionService} with the state of the {@link CompactionTemplate} that has
 * this compactor. Another one of spring-ai-session's drops a summary, and nothing is compacted, if an event is appended
 * while it is written.
 *
 * <p><b>Thread safety.</b> As far as the strategies are thread-safe, one compactor serves any number of sessions at once.
 *
 * <p><b>Errors.</b> What else a strategy throws is passed on; the session is then as it was.
 */
public final class SessionCompactor implements Compactor {

    /** What the user is told of a compaction that made no summary. */
    public static final String WITHOUT_SUMMARY = "The oldest messages of this conversation were left out.";

    private final SessionService service;
    private final List<CompactionStrategy> strategies;

    /**
     * Creates a compactor.
     *
     * @param service has the sessions
     * @param strategies at least one, in the order in which they are tried: a later one should keep less
     * @throws IllegalArgumentException if there is no strategy
     */
    public SessionCompactor(SessionService service, CompactionStrategy... strategies) {
        this.service = Objects.requireNonNull(service, "service must not be null");
        this.strategies = List.of(strategies);
        if (this.strategies.isEmpty()) {
            throw new IllegalArgumentException("strategies must not be empty: without one nothing can be compacted");
        }
    }

    /**
     * Creates a compactor that has a model summarize the oldest events, by spring-ai-session's
     * {@link RecursiveSummarizationCompactionStrategy}: all but the newest ten, or all but the newest one if there are no more
     * than ten. While the model refuses them as too long, it is given fewer. What it refuses even then is left out without a
     * summary, and a warning says so.
     *
     * @param service has the sessions
     * @param summarizer calls the model that summarizes; without memory advisors, tools or a system text of its own
     * @return a new compactor
     */
    public static SessionCompactor summarizing(SessionService service, ChatClient summarizer) {
        return new SessionCompactor(
                service, new SummarizeWhatFits(Objects.requireNonNull(summarizer, "summarizer must not be null")));
    }

    @Override
    public Optional<String> compact(String sessionId) {
        if (service.findById(sessionId) == null) {
            return Optional.empty();
        }
        for (Iterator<CompactionStrategy> next = strategies.iterator(); next.hasNext(); ) {
            try {
                Optional<String> summary = compact(sessionId, next.next());
                if (summary.isPresent()) {
                    return summary;
                }
            } catch (RuntimeException e) {
                if (!next.hasNext() || !ContextLimitErrors.isContextLimit(e)) {
                    throw e;
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> compact(String sessionId, CompactionStrategy strategy) {
        Set<SessionEvent> before = new HashSet<>(active(sessionId));
        CompactionResult result = service.compact(sessionId, request -> true, strategy);
        List<SessionEvent> after = result.archivedEvents().isEmpty() ? active(sessionId) : result.compactedEvents();
        // With nothing archived, the history may be another one all the same: then another compaction came first.
        return after.containsAll(before) ? Optional.empty() : Optional.of(summary(before, after));
    }

    private List<SessionEvent> active(String sessionId) {
        return service.getEvents(sessionId, EventFilter.active());
    }

    private static String summary(Set<SessionEvent> before, List<SessionEvent> after) {
        String text = after.stream()
                .filter(event -> event.isSynthetic() && !before.contains(event))
                .filter(event -> event.getMessageType() != MessageType.USER)
                .map(event -> Objects.requireNonNullElse(event.getMessage().getText(), ""))
                .filter(line -> !line.isBlank())
                .collect(Collectors.joining("\n"));
        return text.isEmpty() ? WITHOUT_SUMMARY : text;
    }

    @Override
    public String toString() {
        return "SessionCompactor[" + service.getClass().getSimpleName() + ", "
                + strategies.stream()
                        .map(strategy -> strategy.getClass().getSimpleName())
                        .collect(Collectors.joining(", "))
                + "]";
    }
}
