package io.github.agentcompaction.spring.boot.actuate;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionTrigger;
import io.github.agentcompaction.spring.boot.actuate.CompactionEndpoint.Compactions;
import io.github.agentcompaction.spring.boot.actuate.CompactionEndpoint.Tokens;
import io.github.agentcompaction.spring.boot.autoconfigure.StartedCompactions;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counts the compactions of one agent. */
final class AgentCounts implements CompactionListener {

    private final AtomicLongArray outcomes = new AtomicLongArray(CompactionOutcome.values().length);
    private final LongAdder prompt = new LongAdder();
    private final LongAdder completion = new LongAdder();
    private final LongAdder saved = new LongAdder();
    private final StartedCompactions<CompactionTrigger> background = new StartedCompactions<>();

    @Override
    public void compactionStarted(String agent, String sessionId, CompactionTrigger trigger) {
        if (trigger == CompactionTrigger.BACKGROUND) {
            background.started(agent, sessionId, trigger);
        }
    }

    @Override
    public void compactionEnded(String agent, String sessionId, CompactionReport report) {
        if (report.trigger() == CompactionTrigger.BACKGROUND) {
            background.ended(agent, sessionId);
        }
        outcomes.incrementAndGet(report.outcome().ordinal());
        report.usage().promptTokens().ifPresent(prompt::add);
        report.usage().completionTokens().ifPresent(completion::add);
        saved.add(report.tokensSaved());
    }

    Compactions soFar() {
        Map<String, Long> byOutcome = new LinkedHashMap<>();
        for (CompactionOutcome outcome : CompactionOutcome.values()) {
            byOutcome.put(outcome.name().toLowerCase(Locale.ROOT), outcomes.get(outcome.ordinal()));
        }
        return new Compactions(
                byOutcome, new Tokens(prompt.sum(), completion.sum(), saved.sum()), background.running());
    }
}
