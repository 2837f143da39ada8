package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.FakeConversation.TooLong;
import io.github.agentcompaction.SessionLock.Lease;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class CompactionTemplateAsyncTest extends StateTest {

    private final FakeConversation conversation = new FakeConversation();
    private final RecordingListener listener = new RecordingListener();
    private final FakeTicker ticker = new FakeTicker();
    private final SessionCompactionState state =
            newState().agent("planner").ticker(ticker).listener(listener).build();
    private final CompactionTemplate template = builder(conversation).build();

    private CompactionTemplate.Builder builder(Compactor compactor) {
        return CompactionTemplate.builder(state, compactor).contextLimit(TooLong.class::isInstance);
    }

    private CompletableFuture<String> ask() {
        return CompletableFuture.supplyAsync(conversation::answer, OnDemandThreads::execute);
    }

    @Test
    void executeAsync_contextLimit_compactsRetriesAndPopsTheSummary() {
        CompactedReply<String> reply = Tasks.get(template.executeAsync("s", this::ask));

        assertThat(reply.value()).isEqualTo("answer");
        assertThat(reply.summary()).contains("summary 1");
        assertThat(state.getSummary("s")).isEmpty();
        assertThat(conversation.modelCalls).hasValue(2);
    }

    @Test
    void executeSubtaskAsync_contextLimit_leavesTheSummary() {
        assertThat(Tasks.get(template.executeSubtaskAsync("s", this::ask))).isEqualTo("answer");

        assertThat(state.popSummary("s")).contains("summary 1");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 8, 32, 1000})
    void executeAsync_tasksThatHitTheLimitTogether_payOneSummary(int tasks) {
        CompletableFuture<String> limit = new CompletableFuture<>();
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (int i = 0; i < tasks; i++) {
            AtomicInteger tries = new AtomicInteger();
            answers.add(template.executeSubtaskAsync("s", () -> tries.getAndIncrement() == 0 ? limit : ask()));
        }

        limit.completeExceptionally(new TooLong());

        assertThat(Tasks.getAll(answers)).containsOnly("answer");
        assertThat(conversation.summaries).hasValue(1);
    }

    @Test
    void executeAsync_lateArrival_joins() {
        CompletableFuture<String> lateLimit = new CompletableFuture<>();
        AtomicInteger tries = new AtomicInteger();
        CompletableFuture<String> late =
                template.executeSubtaskAsync("s", () -> tries.getAndIncrement() == 0 ? lateLimit : ask());
        Tasks.get(template.executeAsync("s", this::ask));

        lateLimit.completeExceptionally(new TooLong());

        assertThat(Tasks.get(late)).isEqualTo("answer");
        assertThat(conversation.summaries).hasValue(1);
    }

    @Test
    void executeAsync_compactorNeverRunsOnTheThreadThatCompletesTheTask() {
        AtomicReference<Thread> compacting = new AtomicReference<>();
        conversation.summarizer = () -> {
            compacting.set(Thread.currentThread());
            return Optional.of("summary");
        };
        CompletableFuture<String> limit = new CompletableFuture<>();
        AtomicInteger tries = new AtomicInteger();
        Future<?> reply = template.executeAsync("s", () -> tries.getAndIncrement() == 0 ? limit : ask());

        limit.completeExceptionally(new TooLong());

        Tasks.get(reply);
        assertThat(compacting.get()).isNotNull().isNotSameAs(Thread.currentThread());
    }

    @Test
    void executeAsync_executor_runsTheCompactor() {
        AtomicReference<String> thread = new AtomicReference<>();
        conversation.summarizer = () -> {
            thread.set(Thread.currentThread().getName());
            return Optional.of("summary");
        };
        CompactionTemplate own = builder(conversation)
                .executor(work -> new Thread(work, "my-own").start())
                .build();

        Tasks.get(own.executeAsync("s", this::ask));

        assertThat(thread).hasValue("my-own");
    }

    @Test
    void executeAsync_executorRejects_failsAndFreesTheLease() {
        CompactionTemplate rejecting = builder(conversation)
                .executor(work -> {
                    throw new RejectedExecutionException("full");
                })
                .build();

        assertThat(Tasks.failure(rejecting.executeAsync("s", this::ask)))
                .isInstanceOf(RejectedExecutionException.class);
        assertThat(state.getLock("s").isLocked()).isFalse();
        SessionLock other = state.getLock("t");
        CompletableFuture<Boolean> lockedInCallback =
                rejecting.compactAsync("t", other.epoch()).handle((outcome, failure) -> other.isLocked());
        assertThat(Tasks.get(lockedInCallback)).isFalse();
    }

    /** A joining task needs no thread, so an executor that has none left does not matter to it. */
    @Test
    void executeAsync_executorOfOneThreadAndNoQueue_rejectsNoneOfThoseWhoJoin() {
        ThreadPoolExecutor one = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new SynchronousQueue<>());
        CountDownLatch finish = new CountDownLatch(1);
        conversation.summarizer = () -> {
            Tasks.await(finish);
            return Optional.of("summary");
        };
        CompactionTemplate narrow = builder(conversation).executor(one).build();
        try {
            List<CompletableFuture<String>> tasks = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                tasks.add(narrow.executeSubtaskAsync("s", this::ask));
            }
            Tasks.spinUntil(() -> state.waitingCount() == 19);

            finish.countDown();

            assertThat(Tasks.getAll(tasks)).containsOnly("answer");
        } finally {
            one.shutdownNow();
        }
    }

    @Test
    void executeAsync_executorBusyWithOtherSessions_keepsNoJoiningTaskWaiting() {
        List<Runnable> busy = new CopyOnWriteArrayList<>();
        CompactionTemplate saturated = builder(conversation).executor(busy::add).build();
        long seen = state.getLock("s").epoch();
        CompletableFuture<CompactionOutcome> first = saturated.compactAsync("s", seen);
        CompletableFuture<CompactionOutcome> second = saturated.compactAsync("s", seen);
        soon(() -> assertThat(busy).hasSize(1));

        busy.remove(0).run();

        assertThat(Tasks.get(first)).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(Tasks.get(second)).isEqualTo(CompactionOutcome.JOINED);
        assertThat(Tasks.get(saturated.compactAsync("s", seen))).isEqualTo(CompactionOutcome.JOINED);
        assertThat(busy).isEmpty();
    }

    @Test
    void compactAsync_joinedWhileTheTimeRunsOut_isNoTimeout() {
        CompletableFuture<CompactionOutcome> joining = new CompletableFuture<>();
        CompactionListener slow = new CompactionListener() {
            @Override
            public void compactionEnded(String agent, String sessionId, CompactionReport report) {
                if (report.outcome() == CompactionOutcome.JOINED) {
                    joining.completeOnTimeout(report.outcome(), 1_000, TimeUnit.MILLISECONDS)
                            .join(); // longer than the lock timeout
                }
            }
        };
        List<Runnable> compactions = new CopyOnWriteArrayList<>();
        SessionCompactionState listened = newState().listener(slow).build();
        CompactionTemplate template = CompactionTemplate.builder(listened, conversation)
                .executor(compactions::add)
                .lockTimeout(enoughForALease(Duration.ofMillis(200)))
                .build();
        long seen = listened.getLock("s").epoch();
        CompletableFuture<CompactionOutcome> compacting = template.compactAsync("s", seen);
        CompletableFuture<CompactionOutcome> joined = template.compactAsync("s", seen);
        soon(() -> assertThat(compactions).hasSize(1));

        compactions.remove(0).run();

        assertThat(Tasks.get(compacting)).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(Tasks.get(joined)).isEqualTo(CompactionOutcome.JOINED);
    }

    @Test
    void executeAsync_executorDropsTheTask_failsInTimeAndFreesTheLease() {
        CompactionTemplate dropping = builder(conversation)
                .executor(dropped -> {})
                .lockTimeout(enoughForALease(Duration.ofMillis(50)))
                .build();

        SessionLock other = state.getLock("t");
        long epoch = other.epoch();
        CompletableFuture<CompactedReply<String>> run = dropping.executeAsync("s", this::ask);
        CompletableFuture<Boolean> lockedInCallback =
                dropping.compactAsync("t", epoch).handle((outcome, failure) -> other.isLocked());

        assertThat(Tasks.get(lockedInCallback)).isFalse();
        assertThat(Tasks.failure(run))
                .isInstanceOf(SessionLockTimeoutException.class)
                .hasCauseInstanceOf(TooLong.class)
                .hasMessageMatching(
                        "No thread of the executor has begun to compact session 's' of agent 'planner' within"
                                + " \\d+ ms; .*");

        assertThat(state.getLock("s").isLocked()).isFalse();
        assertThat(conversation.summaries).hasValue(0);
        assertThat(template.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);
    }

    /** The timeout is for the wait, not for the summary. */
    @Test
    void executeAsync_compactionTakesLongerThanTheLockTimeout_isNotGivenUp() {
        CountDownLatch otherTimedOut = new CountDownLatch(1);
        conversation.summarizer = () -> {
            Tasks.await(otherTimedOut);
            return Optional.of("summary");
        };
        CompactionTemplate impatient = builder(conversation)
                .lockTimeout(enoughForALease(Duration.ofMillis(30)))
                .build();
        long seen = state.getLock("s").epoch();
        CompletableFuture<CompactionOutcome> running = impatient.compactAsync("s", seen);
        Tasks.spinUntil(() -> conversation.summaries.get() == 1);

        // Its time begins later, and is up.
        assertThat(Tasks.failure(impatient.compactAsync("s", seen))).isInstanceOf(SessionLockTimeoutException.class);
        otherTimedOut.countDown();

        assertThat(Tasks.get(running)).isEqualTo(CompactionOutcome.COMPACTED);
    }

    @Test
    void executeAsync_givenUpWhileTheExecutorIsBusy_keepsNothing() {
        List<Runnable> busy = new CopyOnWriteArrayList<>();
        CompactionTemplate saturated = builder(conversation)
                .executor(busy::add)
                .lockTimeout(enoughForALease(Duration.ofMillis(10)))
                .build();
        List<WeakReference<Throwable>> errors = new ArrayList<>();
        Tasks.failure(saturated.executeAsync("s", () -> {
            TooLong error = new TooLong();
            errors.add(new WeakReference<>(error));
            return CompletableFuture.failedFuture(error);
        }));

        Garbage.collectUntil(() -> errors.get(0).refersTo(null));
        assertThat(busy).hasSize(1);
    }

    @Test
    void executeAsync_manySessionsAtOnce_compactsNoMoreThanTheBound() {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch finish = new CountDownLatch(1);
        conversation.summarizer = () -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            Tasks.await(finish);
            running.decrementAndGet();
            return Optional.of("summary");
        };
        CompactionTemplate bounded = builder(conversation).compactionThreads(5).build();
        List<CompletableFuture<CompactionOutcome>> compactions = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            String session = "s" + i;
            compactions.add(bounded.compactAsync(session, state.getLock(session).epoch()));
        }
        Tasks.spinUntil(() -> running.get() == 5);
        Lease joined = state.getLock("t").tryAcquire().orElseThrow();
        CompletableFuture<CompactionOutcome> joining =
                bounded.compactAsync("t", state.getLock("t").epoch());
        joined.compacted();
        joined.close();

        assertThat(Tasks.get(joining)).isEqualTo(CompactionOutcome.JOINED); // with all threads busy
        finish.countDown();

        assertThat(Tasks.getAll(compactions)).containsOnly(CompactionOutcome.COMPACTED);
        assertThat(most).hasValue(5);
    }

    @Test
    void executeAsync_otherErrors_areGivenUntouchedAndUnwrapped() {
        IOException error = new IOException("down");

        assertThat(Tasks.failure(template.executeAsync("s", () -> CompletableFuture.failedFuture(error))))
                .isSameAs(error);
        assertThat(Tasks.failure(template.executeAsync(
                        "s", () -> CompletableFuture.failedFuture(new CompletionException(error)))))
                .isSameAs(error);
        assertThat(Tasks.failure(template.executeAsync("s", () -> {
                    throw new IllegalStateException("thrown, not returned");
                })))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    @SuppressWarnings("NullAway") // on purpose
    void executeAsync_taskReturnsNull_fails() {
        assertThat(Tasks.failure(template.executeAsync("s", () -> null)))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("the task must return a stage, not null");
    }

    @Test
    void executeAsync_contextLimitThrownByTheSupplier_compacts() {
        assertThat(Tasks.get(template.executeAsync("s", () -> Tasks.done(conversation.answer())))
                        .summary())
                .contains("summary 1");
    }

    @Test
    void executeAsync_nothingToCompactOrTooOften_fails() {
        conversation.summarizer = Optional::empty;
        assertThat(Tasks.failure(template.executeAsync("s", this::ask)))
                .isInstanceOf(ContextLimitExceededException.class)
                .hasCauseInstanceOf(TooLong.class);

        conversation.summarizer = () -> Optional.of("never enough");
        assertThat(Tasks.failure(template.executeAsync("s", () -> CompletableFuture.failedFuture(new TooLong()))))
                .isInstanceOf(ContextLimitExceededException.class)
                .hasMessageContaining("also after it was summarized 3 times");
        assertThat(conversation.summaries).hasValue(4);
    }

    @Test
    void executeAsync_brokenCompactor_multipliesNoFailure() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("down");
        };
        List<CompletableFuture<String>> tasks = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            tasks.add(template.executeSubtaskAsync("s", this::ask));
        }

        assertThat(tasks)
                .allSatisfy(task -> assertThat(Tasks.failure(task))
                        .isInstanceOf(CompactionFailedException.class)
                        .hasCauseInstanceOf(IllegalStateException.class));
        assertThat(conversation.summaries).hasValue(3);
    }

    @Test
    void executeAsync_leaseNotFreeInTime_failsAndLeavesTheQueue() throws InterruptedException {
        CompactionTemplate impatient =
                builder(conversation).lockTimeout(Duration.ofMillis(20)).build();
        try (Lease lease = state.getLock("s").acquire()) {
            assertThat(Tasks.failure(impatient.executeAsync("s", this::ask)))
                    .isInstanceOf(SessionLockTimeoutException.class)
                    .hasCauseInstanceOf(TooLong.class)
                    .hasMessageContaining("session 's' of agent 'planner'");
            Tasks.spinUntil(() -> state.waitingCount() == 0);
        }
        // Who waits for the task is told first, then it leaves the queue, then listeners are told.
        Tasks.spinUntil(() -> !listener.events("waitGivenUp").isEmpty());
        assertThat(listener.events("waitGivenUp")).singleElement().asString().endsWith("TIMEOUT");
    }

    @Test
    void cancel_whileQueued_leavesTheQueueAndTriesNoMore() throws InterruptedException {
        CompletableFuture<?> waiting;
        try (Lease lease = state.getLock("s").acquire()) {
            waiting = template.executeAsync("s", this::ask);
            Tasks.spinUntil(() -> state.waitingCount() == 1);

            waiting.cancel(true);

            // The task's own thread may still be about to look whether the future was cancelled.
            Tasks.spinUntil(() -> state.waitingCount() == 0);
        }
        assertThat(Tasks.failure(waiting)).isInstanceOf(CancellationException.class);
        assertThat(conversation.modelCalls).hasValue(1);
        assertThat(conversation.summaries).hasValue(0);
        assertThat(state.getLock("s").isLocked()).isFalse();
    }

    @Test
    void cancel_whileTheExecutorHasNoThread_freesTheLeaseAndPaysNothing() {
        List<Runnable> waitingForAThread = new CopyOnWriteArrayList<>();
        CompactionTemplate saturated =
                builder(conversation).executor(waitingForAThread::add).build();
        CompletableFuture<?> cancelled = saturated.executeAsync("s", () -> Tasks.done(conversation.answer()));
        soon(() -> assertThat(waitingForAThread).hasSize(1));
        assertThat(state.getLock("s").isLocked()).isTrue();

        cancelled.cancel(false);

        assertThat(state.getLock("s").isLocked()).isFalse();
        waitingForAThread.forEach(Runnable::run);
        assertThat(conversation.summaries).hasValue(0);
    }

    @Test
    void cancel_whileItsCompactorRuns_andThatThrows_logsNothing() {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        conversation.summarizer = () -> {
            started.countDown();
            Tasks.await(finish);
            throw new IllegalStateException("stopped");
        };

        try (CapturedLog log = new CapturedLog()) {
            CompletableFuture<?> cancelled =
                    template.compactAsync("s", state.getLock("s").epoch());
            Tasks.await(started);
            cancelled.cancel(false);
            finish.countDown();
            Tasks.spinUntil(() -> !state.getLock("s").isLocked());

            assertThat(log.messages()).isEmpty();
        }
    }

    @Test
    void executeAsync_switchedOff_startsTheTaskOnceAndEndsAsItDoes() {
        CompactionTemplate off = builder(conversation).enabled(false).build();
        TooLong error = new TooLong();
        AtomicInteger started = new AtomicInteger();
        Supplier<CompletableFuture<String>> task = () -> {
            started.incrementAndGet();
            return CompletableFuture.failedFuture(error);
        };

        assertThat(Tasks.failure(off.executeAsync("s", task))).isSameAs(error);
        assertThat(Tasks.failure(off.executeSubtaskAsync("s", task))).isSameAs(error);
        state.storeSummary("s", "from before");
        assertThat(Tasks.get(off.executeSubtaskAsync("s", () -> Tasks.done("a"))))
                .isEqualTo("a");
        assertThat(Tasks.get(off.executeAsync("s", () -> Tasks.done("b"))))
                .isEqualTo(new CompactedReply<>("b", Optional.of("from before")));

        assertThat(started).hasValue(2);
        assertThat(conversation.summaries).hasValue(0);
        assertThat(listener.events("compactionEnded")).isEmpty();
    }

    /** The JVM has one thread for all timeouts; a callback that works on it would hold up all others. */
    @Test
    void executeAsync_leaseNotFreeInTime_callsBackOnAThreadThatMayBlock() throws InterruptedException {
        CompactionTemplate impatient =
                builder(conversation).lockTimeout(Duration.ofMillis(300)).build();
        try (Lease lease = state.getLock("s").acquire()) {
            CompletableFuture<String> answer = new CompletableFuture<>();
            CompletableFuture<String> thread = impatient
                    .executeAsync("s", () -> answer)
                    .handle((reply, failure) -> Thread.currentThread().getName());

            answer.completeExceptionally(new TooLong()); // only now: the callback is there when the time is over

            assertThat(Tasks.get(thread)).startsWith("agent-compaction-");
        }
    }

    @Test
    void cancel_whileTheTaskRuns_leavesTheSummaryForTheNext() {
        state.storeSummary("s", "waiting");
        CompletableFuture<String> answer = new CompletableFuture<>();
        CompletableFuture<?> cancelled = template.executeAsync("s", () -> answer);

        cancelled.cancel(true);
        answer.complete("too late");

        assertThat(state.getSummary("s")).contains("waiting");
    }

    @Test
    void cancel_racingWithTheAnswer_neverLosesTheSummary() {
        for (int round = 0; round < rounds(500); round++) {
            state.storeSummary("s", "text");
            CompletableFuture<String> answer = new CompletableFuture<>();
            CompletableFuture<CompactedReply<String>> reply = template.executeAsync("s", () -> answer);
            List<Future<Boolean>> race = new ArrayList<>();
            CountDownLatch start = new CountDownLatch(1);
            race.add(Tasks.start(() -> {
                Tasks.await(start);
                return reply.cancel(false);
            }));
            race.add(Tasks.start(() -> {
                Tasks.await(start);
                return answer.complete("answer");
            }));
            start.countDown();
            Tasks.getAll(race);

            if (reply.isCancelled()) {
                soon(() -> assertThat(state.popSummary("s")).contains("text"));
            } else {
                assertThat(Tasks.get(reply).summary()).contains("text");
            }
        }
    }

    @Test
    void cancel_whileItsCompactorRuns_theOthersUseTheResult() {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        conversation.summarizer = () -> {
            running.countDown();
            Tasks.await(finish);
            return Optional.of("summary");
        };
        CompletableFuture<?> payer = template.executeAsync("s", this::ask);
        Tasks.await(running);
        CompletableFuture<CompactedReply<String>> other = template.executeAsync("s", this::ask);
        Tasks.spinUntil(() -> state.waitingCount() == 1);

        payer.cancel(true);
        finish.countDown();

        assertThat(Tasks.get(other).summary()).contains("summary");
        assertThat(conversation.summaries).hasValue(1);
    }

    @Test
    void compactAsync_manyThatSawTheSameEpoch_payOnce() {
        SessionLock lock = state.getLock("s");
        long seen = lock.epoch();
        CountDownLatch finish = new CountDownLatch(1);
        conversation.summarizer = () -> {
            Tasks.await(finish);
            return Optional.of("summary");
        };
        List<CompletableFuture<CompactionOutcome>> compactions = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            compactions.add(template.compactAsync("s", seen)); // no thread waits
        }
        Tasks.spinUntil(() -> state.waitingCount() == 7);

        finish.countDown();

        assertThat(Tasks.getAll(compactions))
                .containsOnlyOnce(CompactionOutcome.COMPACTED)
                .contains(CompactionOutcome.JOINED);
        assertThat(conversation.summaries).hasValue(1);
        assertThat(Tasks.get(template.compactAsync("s", seen))).isEqualTo(CompactionOutcome.JOINED);
        conversation.summarizer = Optional::empty;
        assertThat(Tasks.get(template.compactAsync("s", lock.epoch()))).isEqualTo(CompactionOutcome.NOTHING);
    }

    @Test
    void compactAsync_compactorFails_fails() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("down");
        };

        assertThat(Tasks.failure(template.compactAsync("s", state.getLock("s").epoch())))
                .isInstanceOf(CompactionFailedException.class)
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void compactAsync_cancelledWhileQueued_leavesTheQueue() throws InterruptedException {
        SessionLock lock = state.getLock("s");
        try (Lease lease = lock.acquire()) {
            CompletableFuture<?> waiting = template.compactAsync("s", lock.epoch());
            assertThat(state.waitingCount()).isEqualTo(1);

            waiting.cancel(false);

            assertThat(state.waitingCount()).isZero();
        }
        assertThat(conversation.summaries).hasValue(0);
    }

    @Test
    void compactAsync_insideTheCompactorOfItsSession_failsAtOnce() {
        List<CompactionTemplate> self = new ArrayList<>();
        CompactionTemplate nested = builder(session -> {
                    self.get(0)
                            .compactAsync(session, state.getLock(session).epoch())
                            .join();
                    return Optional.of("never");
                })
                .build();
        self.add(nested);

        assertThatThrownBy(() -> nested.compact("s"))
                .isInstanceOf(CompactionFailedException.class)
                .hasRootCauseExactlyInstanceOf(CompactionException.class);
        assertThat(state.getLock("s").isLocked()).isFalse();
    }

    /** The compactor runs on another thread than the task, and uses every form for its own session. */
    @Test
    void compactorThatUsesTheTemplateForItsSession_failsAtOnce() {
        List<CompactionTemplate> self = new ArrayList<>();
        CompactionTemplate nested = builder(session -> {
                    self.get(0).executeAsync(session, this::ask).join();
                    return Optional.of("never");
                })
                .build();
        self.add(nested);

        assertThat(Tasks.failure(nested.executeAsync("s", this::ask)))
                .isInstanceOf(CompactionFailedException.class)
                .hasRootCauseExactlyInstanceOf(CompactionException.class)
                .rootCause()
                .hasMessageContaining("would wait for itself");
        assertThat(conversation.modelCalls).hasValue(1);
    }
}
