package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.FakeConversation.TooLong;
import io.github.agentcompaction.SessionLock.Lease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(Tasks.LIMIT_SECONDS)
class BackgroundCompactionsTest extends StateTest {

    private final RecordingListener listener = new RecordingListener();
    private final SessionCompactionState state =
            newState().agent("planner").listener(listener).build();
    private final FakeConversation conversation = new FakeConversation();
    private final CountDownLatch summarizing = new CountDownLatch(1);
    private final CountDownLatch finish = new CountDownLatch(1);

    private CompactionTemplate.Builder builder() {
        return CompactionTemplate.builder(state, conversation);
    }

    private static CompletableFuture<CompactionOutcome> begin(CompactionTemplate template, String session) {
        return template.compactInBackground(
                session, template.state().getLock(session).epoch(), Duration.ZERO);
    }

    /** Lets the summarizer wait until the test lets it finish. */
    private void slowSummarizer() {
        conversation.summarizer = () -> {
            summarizing.countDown();
            Tasks.await(finish);
            return Optional.of("summary");
        };
    }

    @Test
    void begin_returnsAtOnceAndTasksGoOn() {
        slowSummarizer();
        conversation.tooLong = false;
        CompactionTemplate template = builder().build();

        CompletableFuture<CompactionOutcome> outcome = begin(template, "s");
        Tasks.await(summarizing);

        assertThat(template.execute("s", conversation::answer).value()).isEqualTo("answer");
        assertThat(outcome).isNotDone();
        assertThat(template.background().running()).isEqualTo(1);
        finish.countDown();
        assertThat(Tasks.get(outcome)).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(state.popSummary("s")).contains("summary");
        Tasks.spinUntil(() -> template.background().running() == 0);
    }

    @Test
    void taskThatOverflowsMeanwhile_joins() {
        slowSummarizer();
        CompactionTemplate template = builder().build();
        CompletableFuture<CompactionOutcome> outcome = begin(template, "s");
        Tasks.await(summarizing);

        var task = Tasks.start(() -> template.execute("s", conversation::answer));
        Tasks.spinUntil(() -> state.waitingCount() == 1);
        finish.countDown();

        assertThat(Tasks.get(task).value()).isEqualTo("answer");
        assertThat(Tasks.get(outcome)).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(conversation.summaries).hasValue(1);
        soon(() -> assertThat(listener.reports)
                .filteredOn(report -> report.trigger() == CompactionTrigger.BACKGROUND)
                .singleElement()
                .satisfies(report -> {
                    assertThat(report.outcome()).isEqualTo(CompactionOutcome.COMPACTED);
                    assertThat(report.joined()).isEqualTo(1);
                }));
        assertThat(listener.events("compactionStarted")).containsExactly("compactionStarted s BACKGROUND");
    }

    @Test
    void begin_late_isJoinedWithoutASummary() {
        CompactionTemplate template = builder().build();
        long seen = state.getLock("s").epoch();
        template.compact("s");

        assertThat(Tasks.get(template.compactInBackground("s", seen, Duration.ZERO)))
                .isEqualTo(CompactionOutcome.JOINED);
        assertThat(conversation.summaries).hasValue(1);
    }

    @Test
    void begin_whileTheSessionIsBeingCompacted_queuesNothing() throws InterruptedException {
        CompactionTemplate template = builder().build();
        try (Lease lease = state.getLock("s").acquire()) {
            assertThat(Tasks.get(begin(template, "s"))).isEqualTo(CompactionOutcome.JOINED);
            assertThat(state.waitingCount()).isZero();
        }
        assertThat(conversation.summaries).hasValue(0);
    }

    @Test
    void manyAnswersAtOnce_compactOnce() {
        slowSummarizer();
        CompactionTemplate template = builder().build();
        long seen = state.getLock("s").epoch();

        List<CompletableFuture<CompactionOutcome>> outcomes =
                Tasks.getAll(Tasks.startTogether(16, () -> template.compactInBackground("s", seen, Duration.ZERO)));
        finish.countDown();

        assertThat(Tasks.getAll(outcomes))
                .contains(CompactionOutcome.COMPACTED)
                .containsOnlyOnce(CompactionOutcome.COMPACTED);
        assertThat(conversation.summaries).hasValue(1);
    }

    @Test
    void begin_moreThanTheMaximum_isRejectedUntilOneHasEnded() {
        slowSummarizer();
        CompactionTemplate template = builder().maxBackground(2).build();
        List<CompletableFuture<CompactionOutcome>> running = List.of(begin(template, "a"), begin(template, "b"));

        assertThat(Tasks.get(begin(template, "c"))).isEqualTo(CompactionOutcome.REJECTED);

        assertThat(listener.reports).singleElement().satisfies(report -> {
            assertThat(report.outcome()).isEqualTo(CompactionOutcome.REJECTED);
            assertThat(report.trigger()).isEqualTo(CompactionTrigger.BACKGROUND);
        });
        assertThat(listener.events("compactionStarted")).noneMatch(event -> event.contains(" c "));
        finish.countDown();
        assertThat(Tasks.getAll(running)).containsOnly(CompactionOutcome.COMPACTED);
        Tasks.spinUntil(() -> template.background().running() == 0);
        assertThat(Tasks.get(begin(template, "c"))).isEqualTo(CompactionOutcome.COMPACTED);
    }

    /** More of them at once would not help: it is not too many sessions that keep it back. */
    @Test
    void begin_whileTheSessionWaitsForAThread_isJoinedAndNotRejected() {
        List<Runnable> queued = new CopyOnWriteArrayList<>();
        CompactionTemplate template =
                builder().maxBackground(1).executor(queued::add).build();
        CompletableFuture<CompactionOutcome> waiting = begin(template, "s");

        assertThat(Tasks.get(begin(template, "s"))).isEqualTo(CompactionOutcome.JOINED);

        soon(() -> assertThat(queued).hasSize(1));
        assertThat(listener.reports).isEmpty();
        queued.get(0).run();
        assertThat(Tasks.get(waiting)).isEqualTo(CompactionOutcome.COMPACTED);
    }

    /** By its own executor, for example, which is shut down. */
    @Test
    void compactorThatIsInterrupted_isCancelledAndLogsNothing() {
        CompactionTemplate template = CompactionTemplate.builder(state, session -> {
                    throw new InterruptedException();
                })
                .build();

        try (CapturedLog log = new CapturedLog()) {
            assertThat(Tasks.get(begin(template, "s"))).isEqualTo(CompactionOutcome.CANCELLED);
            assertThat(log.messages()).isEmpty();
        }
    }

    @Test
    void failures_areCountedAndLoggedAndThrowNothing() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("secret");
        };
        CompactionTemplate template = builder().maxFailures(2).build();

        try (CapturedLog log = new CapturedLog()) {
            for (int i = 0; i < 2; i++) {
                assertThat(Tasks.get(begin(template, "s"))).isEqualTo(CompactionOutcome.FAILED);
                Tasks.spinUntil(() -> template.background().running() == 0);
            }
            assertThat(Tasks.get(begin(template, "s"))).isEqualTo(CompactionOutcome.REJECTED);
            assertThat(log.messages()).hasSize(2).noneMatch(message -> message.contains("secret"));
        }
        assertThat(conversation.summaries).hasValue(2);
        assertThat(listener.reports)
                .extracting(CompactionReport::outcome)
                .containsExactly(CompactionOutcome.FAILED, CompactionOutcome.FAILED, CompactionOutcome.REJECTED);
        assertThatThrownBy(() -> template.execute("s", conversation::answer))
                .isInstanceOfSatisfying(
                        CompactionFailedException.class,
                        rejected -> assertThat(rejected.rejected()).isTrue());
    }

    @Test
    void begin_switchedOff_doesNothing() {
        CompactionTemplate off = builder().enabled(false).build();

        assertThat(Tasks.get(begin(off, "s"))).isEqualTo(CompactionOutcome.NOTHING);
        assertThat(conversation.summaries).hasValue(0);
    }

    @Test
    void begin_insideTheCompactorOfTheSession_isRefused() {
        AtomicReference<Throwable> refused = new AtomicReference<>();
        CompactionTemplate template = builder().build();
        conversation.summarizer = () -> {
            try {
                template.compactInBackground("s", 0, Duration.ZERO);
            } catch (CompactionException e) {
                refused.set(e);
            }
            return Optional.of("summary");
        };

        template.compact("s");

        assertThat(refused.get()).hasMessageContaining("would wait for itself");
    }

    @Test
    void begin_executorThatRefuses_failsWithAWarningAndFreesTheLease() {
        CompactionTemplate template = builder()
                .executor(work -> {
                    throw new RejectedExecutionException("full");
                })
                .build();

        try (CapturedLog log = new CapturedLog()) {
            assertThat(Tasks.get(begin(template, "s"))).isEqualTo(CompactionOutcome.FAILED);
            assertThat(log.messages()).singleElement().asString().contains("RejectedExecutionException");
        }
        Tasks.spinUntil(() -> template.background().running() == 0);
        soon(() -> assertThat(state.getLock("s").isLocked()).isFalse());
    }

    @Test
    void cancelOfTheReturnedFuture_changesNothing() {
        slowSummarizer();
        CompactionTemplate template = builder().build();
        begin(template, "s").cancel(true);
        Tasks.await(summarizing);

        finish.countDown();

        Tasks.spinUntil(() -> template.background().running() == 0);
        assertThat(state.popSummary("s")).contains("summary");
    }

    @Test
    void stop_letsTheRunningEndAndNoneBegin() {
        slowSummarizer();
        CompactionTemplate template = builder().build();
        CompletableFuture<CompactionOutcome> running = begin(template, "a");
        Tasks.await(summarizing);

        CompletableFuture<?> stopped = template.background().stop();

        assertThat(stopped).isNotDone();
        assertThat(Tasks.get(begin(template, "b"))).isEqualTo(CompactionOutcome.REJECTED);
        finish.countDown();
        Tasks.get(stopped);
        assertThat(Tasks.get(running)).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(template.background().running()).isZero();
    }

    @Test
    void start_beforeTheRunningHaveEnded_theStopStillTellsWhenTheyHave() {
        slowSummarizer();
        CompactionTemplate template = builder().build();
        begin(template, "s");
        Tasks.await(summarizing);
        CompletableFuture<?> stopped = template.background().stop();

        template.background().start();
        finish.countDown();

        Tasks.get(stopped);
    }

    @Test
    void stop_withNoneRunning_isDoneAtOnce_andStartLetsThemBeginAgain() {
        CompactionTemplate template = builder().build();

        assertThat(template.background().stop()).isDone();
        assertThat(template.background().stop()).isDone();
        template.background().start();

        assertThat(Tasks.get(begin(template, "s"))).isEqualTo(CompactionOutcome.COMPACTED);
    }

    @Test
    void cancel_interruptsTheCompactorAndLeavesTheHistory() {
        AtomicInteger applied = new AtomicInteger();
        CountDownLatch never = new CountDownLatch(1);
        StagedCompactor staged = session -> {
            summarizing.countDown();
            never.await();
            return Optional.of(new StagedCompactor.Prepared() {
                @Override
                public String summary() {
                    return "summary";
                }

                @Override
                public boolean apply() {
                    applied.incrementAndGet();
                    return true;
                }
            });
        };
        CompactionTemplate template = CompactionTemplate.builder(state, staged).build();
        CompletableFuture<CompactionOutcome> running = begin(template, "s");
        Tasks.await(summarizing);
        CompletableFuture<?> stopped = template.background().stop();

        template.background().cancel();

        assertThat(Tasks.get(running)).isEqualTo(CompactionOutcome.CANCELLED);
        Tasks.get(stopped);
        assertThat(applied).hasValue(0);
        soon(() -> assertThat(state.getLock("s").isLocked()).isFalse());
        soon(() -> assertThat(listener.reports)
                .extracting(CompactionReport::outcome)
                .containsExactly(CompactionOutcome.CANCELLED));
        assertThat(state.getSummary("s")).isEmpty();
    }

    @Test
    void cancel_ofOneThatWaitsForAThread_frees() {
        List<Runnable> queued = new ArrayList<>();
        CompactionTemplate template = builder().executor(queued::add).build();
        CompletableFuture<CompactionOutcome> waiting = begin(template, "s");
        soon(() -> assertThat(queued).hasSize(1));
        CompletableFuture<?> stopped = template.background().stop();

        template.background().cancel();

        assertThat(Tasks.get(waiting)).isEqualTo(CompactionOutcome.CANCELLED);
        Tasks.get(stopped);
        queued.get(0).run();
        assertThat(conversation.summaries).hasValue(0);
        soon(() -> assertThat(state.getLock("s").isLocked()).isFalse());
    }

    @Test
    void stop_waitsForACompactorThatIgnoresTheInterrupt() {
        slowSummarizer();
        conversation.summarizer = uninterruptible();
        CompactionTemplate template = builder().build();
        CompletableFuture<CompactionOutcome> running = begin(template, "s");
        Tasks.await(summarizing);
        CompletableFuture<?> stopped = template.background().stop();

        template.background().cancel();

        assertThat(Tasks.get(running)).isEqualTo(CompactionOutcome.CANCELLED);
        assertThat(stopped).isNotDone();
        finish.countDown();
        Tasks.get(stopped);
    }

    private Supplier<Optional<String>> uninterruptible() {
        return () -> {
            summarizing.countDown();
            Tasks.spinUntil(() -> finish.getCount() == 0);
            return Optional.of("summary");
        };
    }

    @Test
    void interruptOfOne_isNotFeltByTheNextOnTheThread() {
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        CountDownLatch never = new CountDownLatch(1);
        CompactionTemplate template = CompactionTemplate.builder(state, session -> {
                    if (session.equals("a")) {
                        summarizing.countDown();
                        never.await();
                    }
                    interrupted.set(Thread.currentThread().isInterrupted());
                    return Optional.of("summary");
                })
                .compactionThreads(1)
                .build();
        begin(template, "a");
        Tasks.await(summarizing);
        template.background().cancel();
        Tasks.spinUntil(() -> template.background().running() == 0);

        assertThat(Tasks.get(begin(template, "b"))).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(interrupted.get()).isFalse();
    }

    @Test
    void taskDecorator_carriesTheCallersContextToEachFormThatUsesAnotherThread() {
        ThreadLocal<String> context = new ThreadLocal<>();
        List<String> seen = new CopyOnWriteArrayList<>();
        conversation.summarizer = () -> {
            seen.add(String.valueOf(context.get()));
            return Optional.of("summary");
        };
        CompactionTemplate template = builder()
                .taskDecorator(work -> {
                    String mine = context.get();
                    return () -> {
                        context.set(mine);
                        try {
                            work.run();
                        } finally {
                            context.remove();
                        }
                    };
                })
                .build();

        context.set("background");
        CompletableFuture<?> background = begin(template, "a");
        context.set("ahead");
        CompletableFuture<?> ahead =
                template.compactAsync("b", state.getLock("b").epoch());
        context.set("overflow");
        AtomicInteger calls = new AtomicInteger();
        CompletableFuture<?> overflow = template.executeAsync(
                "c",
                () -> CompletableFuture.supplyAsync(() -> {
                    if (calls.getAndIncrement() < 2) {
                        throw new TooLong();
                    }
                    return "answer";
                }));
        context.remove();

        Tasks.get(background);
        Tasks.get(ahead);
        Tasks.get(overflow);
        assertThat(seen).containsExactlyInAnyOrder("background", "ahead", "overflow", "overflow");
    }

    @Test
    void taskDecorator_thatThrowsWhenItRuns_freesTheLease() {
        CompactionTemplate template = builder()
                .taskDecorator(work -> () -> {
                    throw new IllegalStateException("broken");
                })
                .build();

        assertThat(Tasks.failure(template.compactAsync("s", state.getLock("s").epoch())))
                .isInstanceOf(IllegalStateException.class);
        soon(() -> assertThat(state.getLock("s").isLocked()).isFalse());
    }
}
