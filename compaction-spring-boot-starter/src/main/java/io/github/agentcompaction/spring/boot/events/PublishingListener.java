package io.github.agentcompaction.spring.boot.events;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionTrigger;
import io.github.agentcompaction.spring.boot.autoconfigure.StartedCompactions;
import org.springframework.context.ApplicationEventPublisher;

/** Publishes the start and the end of each compaction that calls a compactor. */
final class PublishingListener implements CompactionListener {

    private final ApplicationEventPublisher publisher;
    private final StartedCompactions<CompactionTrigger> started = new StartedCompactions<>();

    PublishingListener(ApplicationEventPublisher publisher) {
        this.publisher = publisher;
    }

    @Override
    public void compactionStarted(String agent, String sessionId, CompactionTrigger trigger) {
        started.started(
                agent, sessionId, trigger); // first: a listener may throw, and is to hear of the end all the same
        publisher.publishEvent(new CompactionStarted(agent, sessionId, trigger));
    }

    @Override
    public void compactionEnded(String agent, String sessionId, CompactionReport report) {
        if (started.ended(agent, sessionId) != null) {
            publisher.publishEvent(new CompactionEnded(
                    agent,
                    sessionId,
                    report.trigger(),
                    report.outcome(),
                    report.took(),
                    report.joined(),
                    report.usage()));
        }
    }
}
