package io.github.agentcompaction.spring.boot.metrics;

import io.github.agentcompaction.CompactionListener.StoreOperation;
import io.github.agentcompaction.CompactionListener.StoreOutcome;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.StartedCompactions;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/** The meters of one agent in one registry, registered when this is made. */
final class AgentMeters {

    private static final String AGENT = "agent";

    /** From a hand-over between two quick tasks to a summary of a long conversation. */
    private static final Duration[] WAIT_BUCKETS = {
        Duration.ofNanos(100_000),
        Duration.ofMillis(1),
        Duration.ofMillis(10),
        Duration.ofMillis(100),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30)
    };

    final Timer acquired;
    final Timer timedOut;
    final Timer cancelled;
    final Timer released;
    final Timer held;
    final Counter stored;
    final Counter popped;
    final Counter dropped;
    final Counter locksExpired;
    final Counter locksTooMany;
    final Counter summariesExpired;
    final Counter summariesTooMany;
    final Counter promptTokens;
    final Counter completionTokens;
    final Counter savedTokens;
    final Counter waitsAvoided;

    private final Map<CompactionOutcome, Timer> compactions = new EnumMap<>(CompactionOutcome.class);
    private final Map<CompactionOutcome, Counter> inBackground = new EnumMap<>(CompactionOutcome.class);
    private final Map<String, Timer> storeCalls = new ConcurrentHashMap<>();
    private final String agent;
    private final MeterRegistry registry;

    AgentMeters(String agent, MeterRegistry registry) {
        this.agent = agent;
        this.registry = registry;
        this.acquired = waited("acquired");
        this.timedOut = waited("timeout");
        this.cancelled = waited("cancelled");
        this.released = waited("released");
        this.held = Timer.builder("compaction.lock.hold")
                .description("How long leases of session locks were held")
                .tag(AGENT, agent)
                .register(registry);
        for (CompactionOutcome outcome : CompactionOutcome.values()) {
            compactions.put(outcome, compactions(outcome));
            inBackground.put(outcome, inBackground(outcome));
        }
        this.waitsAvoided = Counter.builder("compaction.waits.avoided")
                .description("Compactions in the background that were through before any task had to wait")
                .tag(AGENT, agent)
                .register(registry);
        this.promptTokens = tokens("prompt");
        this.completionTokens = tokens("completion");
        this.savedTokens = tokens("saved");
        this.stored = summaries("stored");
        this.popped = summaries("popped");
        this.dropped = summaries("dropped");
        this.locksExpired = evictions("locks", "expired");
        this.locksTooMany = evictions("locks", "size");
        this.summariesExpired = evictions("summaries", "expired");
        this.summariesTooMany = evictions("summaries", "size");
    }

    // Only where a store is shared: registered when they are needed first, or with the state's gauges.

    Timer unavailable() {
        return waited("unavailable");
    }

    Timer storeCalled(StoreOperation operation, StoreOutcome outcome) {
        return storeCalls.computeIfAbsent(
                operation + " " + outcome,
                name -> Timer.builder("compaction.store")
                        .description("Questions to the store that replicas share, and how long they took")
                        .tags(AGENT, agent, "operation", tag(operation), "outcome", tag(outcome))
                        .register(registry));
    }

    Counter withoutStore() {
        return withoutStore(agent, registry);
    }

    private static Counter withoutStore(String agent, MeterRegistry registry) {
        return Counter.builder("compaction.store.unavailable")
                .description("Tasks that needed a lease when the store did not answer")
                .tag(AGENT, agent)
                .register(registry);
    }

    Counter leasesLost() {
        return leasesLost(agent, registry);
    }

    private static Counter leasesLost(String agent, MeterRegistry registry) {
        return Counter.builder("compaction.leases.lost")
                .description("Leases that were lost to another replica")
                .tag(AGENT, agent)
                .register(registry);
    }

    private static String tag(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Timer ended(CompactionOutcome outcome) {
        return Objects.requireNonNull(compactions.get(outcome));
    }

    Counter endedInBackground(CompactionOutcome outcome) {
        return Objects.requireNonNull(inBackground.get(outcome));
    }

    /** Registers the gauge of what runs in the background; the registry refers to it weakly. */
    void gaugeBackground(StartedCompactions<?> background) {
        Gauge.builder("compaction.background.running", background, StartedCompactions::running)
                .description("Compactions that run and that no task has asked to wait for")
                .tag(AGENT, agent)
                .register(registry);
    }

    /** Registers the gauges, which need the state itself; the registry refers to it weakly. */
    static void gauge(SessionCompactionState state, MeterRegistry registry) {
        gauge(
                        "compaction.lock.waiting",
                        "Tasks that wait for a session lock",
                        state,
                        SessionCompactionState::waitingCount)
                .register(registry);
        gauge("compaction.lock.held", "Session locks that are held", state, SessionCompactionState::heldCount)
                .register(registry);
        size(state, SessionCompactionState::lockCount).tag("cache", "locks").register(registry);
        size(state, SessionCompactionState::summaryCount)
                .tag("cache", "summaries")
                .register(registry);
        if (state.store().isPresent()) { // from zero on: Prometheus sees no increase in a counter that begins with one
            withoutStore(state.agent(), registry);
            leasesLost(state.agent(), registry);
        }
    }

    private static Gauge.Builder<SessionCompactionState> size(
            SessionCompactionState state, ToDoubleFunction<SessionCompactionState> value) {
        return gauge("compaction.cache.size", "Session locks and unread summaries that are kept", state, value);
    }

    private static Gauge.Builder<SessionCompactionState> gauge(
            String name,
            String description,
            SessionCompactionState state,
            ToDoubleFunction<SessionCompactionState> value) {
        return Gauge.builder(name, state, value).description(description).tag(AGENT, state.agent());
    }

    private Timer waited(String outcome) {
        return Timer.builder("compaction.lock.wait")
                .description("How long tasks queued for a session lock that was not free")
                .tags(AGENT, agent, "outcome", outcome)
                .serviceLevelObjectives(WAIT_BUCKETS)
                .register(registry);
    }

    private Timer compactions(CompactionOutcome outcome) {
        return Timer.builder("compaction.compactions")
                .description("Attempts to have a session compacted, and how long they took")
                .tags(AGENT, agent, "outcome", tag(outcome))
                .register(registry);
    }

    private Counter inBackground(CompactionOutcome outcome) {
        return Counter.builder("compaction.background")
                .description("Compactions in the background, by how they ended")
                .tags(AGENT, agent, "outcome", tag(outcome))
                .register(registry);
    }

    private Counter tokens(String type) {
        return Counter.builder("compaction.tokens")
                .description("Tokens that summaries cost, and by how many the histories are shorter")
                .baseUnit("tokens")
                .tags(AGENT, agent, "type", type)
                .register(registry);
    }

    private Counter summaries(String event) {
        return Counter.builder("compaction.summaries")
                .description("Deferred summaries that were stored, handed out, or dropped unread")
                .tags(AGENT, agent, "event", event)
                .register(registry);
    }

    private Counter evictions(String cache, String cause) {
        return Counter.builder("compaction.cache.evictions")
                .description("Session locks and unread summaries that were let go")
                .tags(AGENT, agent, "cache", cache, "cause", cause)
                .register(registry);
    }
}
