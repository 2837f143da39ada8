package io.github.agentcompaction.spring.boot.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionListener.DropReason;
import io.github.agentcompaction.CompactionListener.GiveUpReason;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.CompactionTrigger;
import io.github.agentcompaction.CompactionUsage;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CompactionMetricsTests {

    private final AtomicLong time = new AtomicLong();
    private final Ticker ticker = time::get;
    private final MeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void meters_areAllThereBeforeTheFirstEvent() {
        bindPlanner(registry);

        assertThat(idsIn(registry))
                .containsExactlyInAnyOrder(
                        "compaction.lock.wait{agent=planner, outcome=acquired}",
                        "compaction.lock.wait{agent=planner, outcome=timeout}",
                        "compaction.lock.wait{agent=planner, outcome=cancelled}",
                        "compaction.lock.wait{agent=planner, outcome=released}",
                        "compaction.lock.hold{agent=planner}",
                        "compaction.lock.waiting{agent=planner}",
                        "compaction.lock.held{agent=planner}",
                        "compaction.cache.size{agent=planner, cache=locks}",
                        "compaction.cache.size{agent=planner, cache=summaries}",
                        "compaction.cache.evictions{agent=planner, cache=locks, cause=expired}",
                        "compaction.cache.evictions{agent=planner, cache=locks, cause=size}",
                        "compaction.cache.evictions{agent=planner, cache=summaries, cause=expired}",
                        "compaction.cache.evictions{agent=planner, cache=summaries, cause=size}",
                        "compaction.compactions{agent=planner, outcome=compacted}",
                        "compaction.compactions{agent=planner, outcome=joined}",
                        "compaction.compactions{agent=planner, outcome=nothing}",
                        "compaction.compactions{agent=planner, outcome=failed}",
                        "compaction.compactions{agent=planner, outcome=rejected}",
                        "compaction.compactions{agent=planner, outcome=cancelled}",
                        "compaction.tokens{agent=planner, type=prompt}",
                        "compaction.tokens{agent=planner, type=completion}",
                        "compaction.tokens{agent=planner, type=saved}",
                        "compaction.background{agent=planner, outcome=compacted}",
                        "compaction.background{agent=planner, outcome=joined}",
                        "compaction.background{agent=planner, outcome=nothing}",
                        "compaction.background{agent=planner, outcome=failed}",
                        "compaction.background{agent=planner, outcome=rejected}",
                        "compaction.background{agent=planner, outcome=cancelled}",
                        "compaction.background.running{agent=planner}",
                        "compaction.waits.avoided{agent=planner}",
                        "compaction.summaries{agent=planner, event=stored}",
                        "compaction.summaries{agent=planner, event=popped}",
                        "compaction.summaries{agent=planner, event=dropped}");
    }

    @Test
    void lock_countsWaitsAndHolds() throws Exception {
        SessionLock lock = bindPlanner(registry).getLock("s");

        SessionLock.Lease first = lock.acquire();
        CompletableFuture<SessionLock.Lease> granted = lock.acquireAsync();
        CompletableFuture<SessionLock.Lease> cancelled = lock.acquireAsync();
        assertThat(gauge("compaction.lock.waiting")).isEqualTo(2);
        assertThat(gauge("compaction.lock.held")).isEqualTo(1);
        time.addAndGet(Duration.ofSeconds(2).toNanos());
        cancelled.cancel(false);
        assertThat(lock.tryAcquire(Duration.ofNanos(1))).isEmpty();
        first.close();
        granted.get(10, TimeUnit.SECONDS).close();

        assertThat(wait("acquired").count()).isEqualTo(1);
        assertThat(wait("acquired").totalTime(TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(wait("cancelled").count()).isEqualTo(1);
        assertThat(wait("timeout").count()).isEqualTo(1);
        Timer hold = registry.get("compaction.lock.hold").timer();
        assertThat(hold.count()).isEqualTo(2);
        assertThat(hold.totalTime(TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(gauge("compaction.lock.waiting")).isZero();
        assertThat(gauge("compaction.lock.held")).isZero();
    }

    @Test
    void lockWait_hasBucketsFromHundredMicrosecondsToThirtySeconds() {
        bindPlanner(registry);

        double[] buckets = Arrays.stream(wait("acquired").takeSnapshot().histogramCounts())
                .mapToDouble(bucket -> bucket.bucket(TimeUnit.MICROSECONDS))
                .toArray();
        assertThat(buckets).startsWith(100).endsWith(30_000_000).isSorted();
    }

    @Test
    void freeLock_isNoWait() throws Exception {
        SessionCompactionState state = bindPlanner(registry);

        state.getLock("s").acquire().close();

        assertThat(wait("acquired").count()).isZero();
        assertThat(registry.get("compaction.lock.hold").timer().count()).isEqualTo(1);
    }

    @Test
    void summaries_countWhatBecameOfThem() {
        SessionCompactionState state = bindPlanner(registry);

        state.storeSummary("popped", "text");
        state.popSummary("popped");
        state.storeSummary("replaced", "text");
        state.storeSummary("replaced", "text");
        state.discardSummary("replaced");
        state.storeSummary("expired", "text");
        assertThat(size("summaries")).isEqualTo(1);
        time.addAndGet(Duration.ofHours(2).toNanos());
        state.storeSummary("s", "text");

        assertThat(summaries("stored")).isEqualTo(5);
        assertThat(summaries("popped")).isEqualTo(1);
        assertThat(summaries("dropped")).isEqualTo(3);
        assertThat(evictions("summaries", "expired")).isEqualTo(1);
        assertThat(evictions("summaries", "size")).isZero();
    }

    @Test
    void summaries_countThoseThatWereTooMany() {
        CompactionMetrics metrics = new CompactionMetrics(List::of);
        metrics.bindTo(registry);
        SessionCompactionState state = SessionCompactionState.builder()
                .agent("planner")
                .maxSize(1)
                .listener(metrics.listener("planner"))
                .build();

        state.storeSummary("a", "text");
        state.storeSummary("b", "text");

        assertThat(evictions("summaries", "size")).isEqualTo(1);
        assertThat(summaries("dropped")).isEqualTo(1);
    }

    @Test
    void evictions_countLocksByCause() {
        CompactionMetrics metrics = new CompactionMetrics(List::of);
        metrics.bindTo(registry);
        CompactionListener listener = metrics.listener("planner");

        listener.lockDropped("planner", "a", DropReason.EXPIRED);
        listener.lockDropped("planner", "b", DropReason.SIZE);
        listener.lockDropped("planner", "c", DropReason.SIZE);

        assertThat(evictions("locks", "expired")).isEqualTo(1);
        assertThat(evictions("locks", "size")).isEqualTo(2);
        assertThat(summaries("dropped")).isZero();
    }

    @Test
    void compactions_areTimedByOutcome() {
        CompactionMetrics metrics = new CompactionMetrics(List::of);
        metrics.bindTo(registry);
        CompactionListener listener = metrics.listener("planner");

        for (CompactionOutcome outcome : CompactionOutcome.values()) {
            Duration took = Duration.ofSeconds(outcome.ordinal() + 1);
            listener.compactionEnded(
                    "planner",
                    "s",
                    new CompactionReport(CompactionTrigger.OVERFLOW, outcome, took, 0, CompactionUsage.UNKNOWN));
        }

        for (String outcome : List.of("compacted", "joined", "nothing", "failed", "rejected", "cancelled")) {
            Timer timer = registry.get("compaction.compactions")
                    .tag("outcome", outcome)
                    .timer();
            assertThat(timer.count()).isEqualTo(1);
            assertThat(timer.totalTime(TimeUnit.SECONDS))
                    .isEqualTo(CompactionOutcome.valueOf(outcome.toUpperCase()).ordinal() + 1);
        }
    }

    @Test
    void tokens_countWhatWasPaidAndWhatWasSaved() {
        CompactionListener listener = listener();

        listener.compactionEnded("planner", "s", report(CompactionOutcome.COMPACTED, 0, usage(900, 300, 800, 50)));
        listener.compactionEnded("planner", "s", report(CompactionOutcome.COMPACTED, 0, CompactionUsage.UNKNOWN));
        assertThat(tokens("prompt")).isEqualTo(800);
        assertThat(tokens("completion")).isEqualTo(50);
        assertThat(tokens("saved")).isEqualTo(600);
    }

    /** The summary of a history that was rewritten meanwhile was paid for, and has saved nothing; a longer one neither. */
    @Test
    void tokens_ofASummaryThatWasNotUsed_areNotSaved() {
        CompactionListener listener = listener();

        listener.compactionEnded("planner", "s", report(CompactionOutcome.JOINED, 0, usage(900, 300, 800, 50)));
        listener.compactionEnded("planner", "s", report(CompactionOutcome.COMPACTED, 0, usage(300, 310, 8, 5)));

        assertThat(tokens("prompt")).isEqualTo(808);
        assertThat(tokens("saved")).isZero();
    }

    @Test
    void background_countsOutcomesAndWaitsAvoided() {
        CompactionListener listener = listener();

        for (int joined : List.of(0, 2, 0)) {
            listener.compactionStarted("planner", "s", CompactionTrigger.BACKGROUND);
            listener.compactionEnded("planner", "s", inBackground(CompactionOutcome.COMPACTED, joined));
        }
        listener.compactionStarted("planner", "s", CompactionTrigger.BACKGROUND);
        listener.compactionEnded("planner", "s", inBackground(CompactionOutcome.NOTHING, 0));
        listener.compactionEnded("planner", "s", report(CompactionOutcome.COMPACTED, 0, CompactionUsage.UNKNOWN));

        assertThat(background("compacted")).isEqualTo(3);
        assertThat(background("nothing")).isEqualTo(1);
        assertThat(registry.get("compaction.waits.avoided").counter().count()).isEqualTo(2);
    }

    /** Or nobody could see that {@code max-background} is too low. */
    @Test
    void background_thatDoesNotBegin_isCountedAsRejected() {
        SessionCompactionState state = SessionCompactionState.builder()
                .agent("planner")
                .listener(listener())
                .build();
        CompactionTemplate template = CompactionTemplate.builder(state, session -> Optional.of("summary"))
                .maxBackground(1)
                .executor(work -> {}) // none ends
                .build();

        template.compactInBackground("a", 0, Duration.ZERO);
        template.compactInBackground("b", state.getLock("b").epoch(), Duration.ZERO)
                .join();

        assertThat(background("rejected")).isEqualTo(1);
        assertThat(registry.get("compaction.compactions")
                        .tag("outcome", "rejected")
                        .timer()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("compaction.waits.avoided").counter().count()).isZero();
        assertThat(gauge("compaction.background.running")).isZero(); // it is no compactor that runs
    }

    @Test
    void background_runningIsWhatHasStartedAndNotEnded() {
        CompactionListener listener = listener();

        listener.compactionStarted("planner", "s", CompactionTrigger.BACKGROUND);
        listener.compactionStarted("planner", "other", CompactionTrigger.OVERFLOW);
        assertThat(gauge("compaction.background.running")).isEqualTo(1);
        listener.compactionEnded("planner", "third", inBackground(CompactionOutcome.REJECTED, 0));
        assertThat(gauge("compaction.background.running")).isEqualTo(1);
        listener.compactionEnded("planner", "s", inBackground(CompactionOutcome.CANCELLED, 0));

        assertThat(gauge("compaction.background.running")).isZero();
        assertThat(background("cancelled")).isEqualTo(1);
    }

    @Test
    void severalRegistries_allAreFed() {
        MeterRegistry other = new SimpleMeterRegistry();
        CompactionMetrics metrics = new CompactionMetrics(List::of);
        metrics.bindTo(registry);
        CompactionListener listener = metrics.listener("planner");
        metrics.bindTo(other);

        listener.leaseClosed("planner", "s", Duration.ofSeconds(1));
        listener.waitGivenUp("planner", "s", Duration.ofSeconds(1), GiveUpReason.TIMEOUT);

        for (MeterRegistry each : List.of(registry, other)) {
            assertThat(each.get("compaction.lock.hold").timer().count()).isEqualTo(1);
            assertThat(each.get("compaction.lock.wait")
                            .tag("outcome", "timeout")
                            .timer()
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void lockWait_countsEachReasonToLeave() {
        CompactionMetrics metrics = new CompactionMetrics(List::of);
        metrics.bindTo(registry);
        CompactionListener listener = metrics.listener("planner");

        listener.waitGivenUp("planner", "s", Duration.ofSeconds(1), GiveUpReason.TIMEOUT);
        listener.waitGivenUp("planner", "s", Duration.ofSeconds(2), GiveUpReason.CANCELLED);
        listener.waitGivenUp("planner", "s", Duration.ofSeconds(3), GiveUpReason.RELEASED);

        assertThat(wait("timeout").totalTime(TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(wait("cancelled").totalTime(TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(wait("released").totalTime(TimeUnit.SECONDS)).isEqualTo(3);
        assertThat(wait("acquired").count()).isZero();
    }

    @Test
    void sameRegistryTwice_countsOnce() {
        CompactionMetrics metrics = new CompactionMetrics(List::of);
        metrics.bindTo(registry);
        metrics.bindTo(registry);

        metrics.listener("planner").summaryStored("planner", "s");

        assertThat(summaries("stored")).isEqualTo(1);
    }

    @Test
    void agents_areCountedApart() {
        CompactionMetrics metrics = new CompactionMetrics(List::of);
        metrics.bindTo(registry);

        metrics.listener("planner").summaryPopped("planner", "s");
        metrics.listener("researcher");

        assertThat(registry.get("compaction.summaries")
                        .tags("agent", "planner", "event", "popped")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("compaction.summaries")
                        .tags("agent", "researcher", "event", "popped")
                        .counter()
                        .count())
                .isZero();
        assertThat(metrics.listener("planner")).isSameAs(metrics.listener("planner"));
    }

    @Test
    void tags_neverHoldASession() throws Exception {
        SessionCompactionState state = bindPlanner(registry);
        state.getLock("session-4711").acquire().close();
        state.storeSummary("session-4711", "the text");

        assertThat(idsIn(registry)).noneMatch(id -> id.contains("4711"));
        assertThat(registry.getMeters().stream()
                        .flatMap(meter -> meter.getId().getTags().stream())
                        .map(Tag::getKey)
                        .collect(Collectors.toSet()))
                .isEqualTo(Set.of("agent", "outcome", "cache", "cause", "event", "type", "le"));
    }

    private CompactionListener listener() {
        CompactionMetrics metrics = new CompactionMetrics(List::of);
        metrics.bindTo(registry);
        return metrics.listener("planner");
    }

    private static CompactionReport report(CompactionOutcome outcome, int joined, CompactionUsage usage) {
        return new CompactionReport(CompactionTrigger.OVERFLOW, outcome, Duration.ZERO, joined, usage);
    }

    private static CompactionReport inBackground(CompactionOutcome outcome, int joined) {
        return new CompactionReport(
                CompactionTrigger.BACKGROUND, outcome, Duration.ZERO, joined, CompactionUsage.UNKNOWN);
    }

    private static CompactionUsage usage(long before, long after, long prompt, long completion) {
        return new CompactionUsage(
                OptionalLong.of(before), OptionalLong.of(after), OptionalLong.of(prompt), OptionalLong.of(completion));
    }

    private SessionCompactionState bindPlanner(MeterRegistry into) {
        SessionCompactionState[] states = new SessionCompactionState[1];
        CompactionMetrics metrics = new CompactionMetrics(() -> Arrays.asList(states));
        states[0] = SessionCompactionState.builder()
                .agent("planner")
                .ticker(ticker)
                .listener(metrics.listener("planner"))
                .build();
        metrics.bindTo(into);
        return states[0];
    }

    private static Set<String> idsIn(MeterRegistry registry) {
        return registry.getMeters().stream()
                .map(Meter::getId)
                .map(id -> id.getName()
                        + id.getTags().stream()
                                .map(tag -> tag.getKey() + "=" + tag.getValue())
                                .collect(Collectors.joining(", ", "{", "}")))
                .filter(id -> !id.contains("le=")) // the buckets of a simple registry
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Timer wait(String outcome) {
        return registry.get("compaction.lock.wait").tag("outcome", outcome).timer();
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    private double size(String cache) {
        return registry.get("compaction.cache.size").tag("cache", cache).gauge().value();
    }

    private double summaries(String event) {
        return registry.get("compaction.summaries")
                .tag("event", event)
                .counter()
                .count();
    }

    private double tokens(String type) {
        return registry.get("compaction.tokens").tag("type", type).counter().count();
    }

    private double background(String outcome) {
        return registry.get("compaction.background")
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    private double evictions(String cache, String cause) {
        return registry.get("compaction.cache.evictions")
                .tags("cache", cache, "cause", cause)
                .counter()
                .count();
    }
}
