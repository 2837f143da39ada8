package io.github.agentcompaction.springai.session;

import io.github.agentcompaction.ContextLimitErrors;
import java.lang.System.Logger.Level;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.session.compaction.CompactionRequest;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.compaction.RecursiveSummarizationCompactionStrategy;
import org.springframework.ai.session.compaction.SlidingWindowCompactionStrategy;

/**
 * Summarizes the oldest events by spring-ai-session's own strategy, and fewer of them while the model refuses the text as too
 * long. Events that it refuses even by themselves are left out without a summary, or the session would be stuck.
 */
final class SummarizeWhatFits implements CompactionStrategy {

    /** How many of the newest events stay, if there are more. Otherwise the newest one stays. */
    private static final int NEWEST = 10;

    private static final System.Logger log = System.getLogger(SessionCompactor.class.getName());

    private final ChatClient summarizer;

    SummarizeWhatFits(ChatClient summarizer) {
        this.summarizer = summarizer;
    }

    @Override
    public CompactionResult compact(CompactionRequest request) {
        int events = (int)
                request.events().stream().filter(event -> !event.isSynthetic()).count();
        int refused = 0; // how many events stayed when the model refused the others
        for (int part = events > NEWEST ? events - NEWEST : events - 1; part > 0; part /= 2) {
            try {
                CompactionResult made = summarize(events - part, request);
                if (refused == 0 || !made.archivedEvents().isEmpty()) {
                    return made;
                }
                break; // no whole turn is that short
            } catch (RuntimeException e) {
                if (!ContextLimitErrors.isContextLimit(e)) {
                    throw e;
                }
                refused = events - part;
            }
        }
        return refused == 0 ? EventLog.unchanged(request.events()) : leaveOut(refused, request);
    }

    private CompactionResult summarize(int kept, CompactionRequest request) {
        return RecursiveSummarizationCompactionStrategy.builder(summarizer)
                .maxEventsToKeep(kept)
                .overlapSize(0)
                .build()
                .compact(request);
    }

    private static CompactionResult leaveOut(int kept, CompactionRequest request) {
        log.log(
                Level.WARNING,
                "The oldest messages of session '"
                        + request.session().id().replaceAll("\\p{Cntrl}", "?")
                        + "' are left out without a summary: the model that summarizes refuses them as too long.");
        return SlidingWindowCompactionStrategy.builder().maxEvents(kept).build().compact(request);
    }
}
