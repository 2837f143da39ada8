package io.github.agentcompaction.spring.boot.metrics;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionTrigger;
import io.github.agentcompaction.CompactionUsage;
import io.github.agentcompaction.spring.boot.autoconfigure.StartedCompactions;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;

/** Feeds the meters of one agent, in every registry that was bound. Looks nothing up: leases are closed all the time. */
final class MeteringListener implements CompactionListener {

    private final StartedCompactions<CompactionTrigger> background = new StartedCompactions<>();
    private volatile AgentMeters[] all = {};

    /** Adds a registry's meters; the caller sees to it that this happens on one thread at a time. */
    void feed(AgentMeters meters) {
        AgentMeters[] more = Arrays.copyOf(all, all.length + 1);
        more[more.length - 1] = meters;
        all = more;
        meters.gaugeBackground(background);
    }

    @Override
    public void lockAcquired(String agent, String sessionId, Duration waited) {
        for (AgentMeters meters : all) {
            meters.acquired.record(waited);
        }
    }

    @Override
    public void waitGivenUp(String agent, String sessionId, Duration waited, GiveUpReason reason) {
        for (AgentMeters meters : all) {
            Timer left = switch (reason) {
                case TIMEOUT -> meters.timedOut;
                case CANCELLED -> meters.cancelled;
                case RELEASED -> meters.released;
                case UNAVAILABLE -> meters.unavailable();
            };
            left.record(waited);
        }
    }

    @Override
    public void leaseClosed(String agent, String sessionId, Duration held) {
        for (AgentMeters meters : all) {
            meters.held.record(held);
        }
    }

    @Override
    public void compactionStarted(String agent, String sessionId, CompactionTrigger trigger) {
        if (trigger == CompactionTrigger.BACKGROUND) {
            background.started(agent, sessionId, trigger);
        }
    }

    @Override
    public void compactionEnded(String agent, String sessionId, CompactionReport report) {
        boolean inBackground = report.trigger() == CompactionTrigger.BACKGROUND;
        if (inBackground) {
            background.ended(agent, sessionId);
        }
        CompactionUsage usage = report.usage();
        for (AgentMeters meters : all) {
            meters.ended(report.outcome()).record(report.took());
            meters.promptTokens.increment(usage.promptTokens().orElse(0));
            meters.completionTokens.increment(usage.completionTokens().orElse(0));
            meters.savedTokens.increment(report.tokensSaved());
            if (inBackground) {
                meters.endedInBackground(report.outcome()).increment();
            }
            if (inBackground && report.outcome() == CompactionOutcome.COMPACTED && report.joined() == 0) {
                meters.waitsAvoided.increment();
            }
        }
    }

    @Override
    public void summaryStored(String agent, String sessionId) {
        for (AgentMeters meters : all) {
            meters.stored.increment();
        }
    }

    @Override
    public void summaryPopped(String agent, String sessionId) {
        for (AgentMeters meters : all) {
            meters.popped.increment();
        }
    }

    @Override
    public void summaryDropped(String agent, String sessionId, DropReason reason) {
        for (AgentMeters meters : all) {
            meters.dropped.increment();
            evicted(meters.summariesExpired, meters.summariesTooMany, reason);
        }
    }

    @Override
    public void lockDropped(String agent, String sessionId, DropReason reason) {
        for (AgentMeters meters : all) {
            evicted(meters.locksExpired, meters.locksTooMany, reason);
        }
    }

    @Override
    public void storeCalled(String agent, StoreOperation operation, StoreOutcome outcome, Duration took) {
        for (AgentMeters meters : all) {
            meters.storeCalled(operation, outcome).record(took);
        }
    }

    @Override
    public void storeUnavailable(String agent, String sessionId) {
        for (AgentMeters meters : all) {
            meters.withoutStore().increment();
        }
    }

    @Override
    public void leaseLost(String agent, String sessionId) {
        for (AgentMeters meters : all) {
            meters.leasesLost().increment();
        }
    }

    private static void evicted(Counter expired, Counter tooMany, DropReason reason) {
        if (reason == DropReason.EXPIRED) {
            expired.increment();
        } else if (reason == DropReason.SIZE) {
            tooMany.increment();
        }
    }
}
