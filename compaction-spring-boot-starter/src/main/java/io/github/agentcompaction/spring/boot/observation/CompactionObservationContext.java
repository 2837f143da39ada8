package io.github.agentcompaction.spring.boot.observation;

import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionTrigger;
import io.micrometer.observation.Observation;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is known of a compaction that is observed. Holds no text of the conversation and no error. */
public final class CompactionObservationContext extends Observation.Context {

    private final String agent;
    private final String sessionId;
    private final CompactionTrigger trigger;
    private volatile @Nullable CompactionReport report;

    /**
     * Makes the context of a compaction that starts.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param trigger why the session is compacted
     */
    public CompactionObservationContext(String agent, String sessionId, CompactionTrigger trigger) {
        this.agent = Objects.requireNonNull(agent, "agent must not be null");
        this.sessionId = Objects.requireNonNull(sessionId, "sessionId must not be null");
        this.trigger = Objects.requireNonNull(trigger, "trigger must not be null");
    }

    /** {@return the agent's name} */
    public String agent() {
        return agent;
    }

    /** {@return the session's id} */
    public String sessionId() {
        return sessionId;
    }

    /** {@return why the session is compacted} */
    public CompactionTrigger trigger() {
        return trigger;
    }

    /** {@return how the compaction ended; empty while it runs} */
    public Optional<CompactionReport> report() {
        return Optional.ofNullable(report);
    }

    /**
     * Notes how the compaction has ended.
     *
     * @param report what listeners are told
     */
    public void ended(CompactionReport report) {
        this.report = report;
    }
}
