package io.github.agentcompaction.spring.boot.observation;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionTrigger;
import io.github.agentcompaction.spring.boot.autoconfigure.StartedCompactions;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

/** Observes each compaction that calls a compactor, with a scope on its thread: what the compactor calls is observed inside. */
final class ObservingListener implements CompactionListener {

    private static final CompactionObservationConvention DEFAULT = new DefaultCompactionObservationConvention();

    private final ObservationRegistry registry;
    private final @Nullable ObservationConvention<CompactionObservationContext> convention;
    private final StartedCompactions<Observed> started = new StartedCompactions<>();

    ObservingListener(
            ObservationRegistry registry, @Nullable ObservationConvention<CompactionObservationContext> convention) {
        this.registry = registry;
        this.convention = convention;
    }

    @Override
    public void compactionStarted(String agent, String sessionId, CompactionTrigger trigger) {
        CompactionObservationContext context = new CompactionObservationContext(agent, sessionId, trigger);
        Observed observed = new Observed(
                context,
                CompactionObservationDocumentation.COMPACTION.observation(
                        convention, DEFAULT, () -> context, registry));
        started.started(agent, sessionId, observed); // first: handlers may throw
        observed.start();
    }

    @Override
    public void compactionEnded(String agent, String sessionId, CompactionReport report) {
        Observed observed = started.ended(agent, sessionId);
        if (observed != null) {
            observed.end(report);
        }
    }

    private static final class Observed {

        private final CompactionObservationContext context;
        private final Observation observation;
        private Observation.@Nullable Scope scope;

        Observed(CompactionObservationContext context, Observation observation) {
            this.context = context;
            this.observation = observation;
        }

        void start() {
            observation.start();
            scope = observation.openScope();
        }

        void end(CompactionReport report) {
            context.ended(report);
            try {
                if (scope != null) {
                    scope.close();
                }
            } finally {
                observation.stop();
            }
        }
    }
}
