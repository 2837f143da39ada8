package io.github.agentcompaction.sample.progress;

import io.github.agentcompaction.CompactionUsage;
import io.github.agentcompaction.spring.boot.events.CompactionEnded;
import io.github.agentcompaction.spring.boot.events.CompactionStarted;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Tells the browsers that listen to a session when it is being summarized, whoever asked for that, and what it saved and cost. */
@Component
class SummaryWatch {

    private final TaskEvents events;

    SummaryWatch(TaskEvents events) {
        this.events = events;
    }

    @EventListener
    void started(CompactionStarted started) {
        events.summarizing(new SessionKey(started.agent(), started.sessionId()));
    }

    @EventListener
    void ended(CompactionEnded ended) {
        CompactionUsage usage = ended.usage();
        events.summarized(
                new SessionKey(ended.agent(), ended.sessionId()),
                new TaskEvent.Summarized(
                        ended.outcome().name().toLowerCase(Locale.ROOT),
                        ended.took().toMillis(),
                        known(usage.tokensBefore()),
                        known(usage.tokensAfter()),
                        known(usage.promptTokens()),
                        known(usage.completionTokens())));
    }

    private static @Nullable Long known(OptionalLong tokens) {
        return tokens.isPresent() ? tokens.getAsLong() : null;
    }
}
