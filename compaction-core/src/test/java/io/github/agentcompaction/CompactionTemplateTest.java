package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.FakeConversation.TooLong;
import io.github.agentcompaction.SessionLock.Lease;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class CompactionTemplateTest extends StateTest {

    private static final Duration TTL = Duration.ofMinutes(10);
    private static final Duration COOLDOWN = Duration.ofMinutes(1);

    private final FakeConversation conversation = new FakeConversation();
    private final RecordingListener listener = new RecordingListener();
    private final FakeTicker ticker = new FakeTicker();
    private final SessionCompactionState state = newState()
            .agent("planner")
            .ttl(TTL)
            .maxSize(4)
            .ticker(ticker)
            .listener(listener)
            .build();
    private final CompactionTemplate template = builder(conversation).build();

    private CompactionTemplate.Builder builder(Compactor compactor) {
        return CompactionTemplate.builder(state, compactor)
                .contextLimit(TooLong.class::isInstance)
                .failureCooldown(COOLDOWN);
    }

    // Roots, subtasks and the summary

    @Test
    void execute_shortConversation_answersWithoutSummary() {
        conversation.tooLong = false;

        CompactedReply<String> reply = template.execute("s", conversation::answer);

        assertThat(reply.value()).isEqualTo("answer");
        assertThat(reply.summary()).isEmpty();
        assertThat(conversation.summaries).hasValue(0);
        assertThat(listener.events).isEmpty();
    }

    @Test
    void execute_contextLimit_compactsRetriesAndPopsTheSummary() {
        CompactedReply<String> reply = template.execute("s", conversation::answer);

        assertThat(reply.value()).isEqualTo("answer");
        assertThat(reply.summary()).contains("summary 1");
        assertThat(state.getSummary("s")).isEmpty();
        assertThat(conversation.modelCalls).hasValue(2);
        soon(() -> assertThat(listener.events)
                .containsExactlyInAnyOrder(
                        "compactionStarted s OVERFLOW",
                        "summaryStored s",
                        "leaseClosed s PT0S",
                        "compactionEnded s COMPACTED PT0S",
                        "summaryPopped s"));
        if (!isShared()) { // where some are told a moment later
            assertThat(listener.events)
                    .containsExactly(
                            "compactionStarted s OVERFLOW",
                            "summaryStored s",
                            "leaseClosed s PT0S",
                            "compactionEnded s COMPACTED PT0S",
                            "summaryPopped s");
        }
    }

    @Test
    @SuppressWarnings("NullAway") // it does not read the nullness of type arguments
    void execute_nullAnswer_isAnAnswer() {
        CompactedReply<Object> reply = template.execute("s", () -> null);

        assertThat(reply.value()).isNull();
    }

    @Test
    void executeSubtask_contextLimit_leavesTheSummaryForTheRoot() {
        assertThat(template.executeSubtask("s", conversation::answer)).isEqualTo("answer");
        assertThat(state.getSummary("s")).contains("summary 1");

        assertThat(template.execute("s", conversation::answer).summary()).contains("summary 1");
    }

    @Test
    void executeSubtask_summaryOfAnotherTask_isLeft() {
        conversation.tooLong = false;
        state.storeSummary("s", "another task's");

        assertThat(template.executeSubtask("s", conversation::answer)).isEqualTo("answer");

        assertThat(state.getSummary("s")).contains("another task's");
    }

    @Test
    void execute_summaryOfAnEarlierSubtask_isTakenAlong() {
        conversation.tooLong = false;
        state.storeSummary("s", "earlier");

        assertThat(template.execute("s", conversation::answer).summary()).contains("earlier");
    }

    @Test
    void execute_fails_leavesAnotherTasksSummary() {
        state.storeSummary("s", "another task's");

        assertThatThrownBy(() -> template.execute("s", () -> {
                    throw new IOException("down");
                }))
                .isInstanceOf(IOException.class);
        conversation.summarizer = Optional::empty;
        assertThatThrownBy(() -> template.execute("s", conversation::answer))
                .isInstanceOf(ContextLimitExceededException.class);

        assertThat(state.getSummary("s")).contains("another task's");
    }

    @Test
    void execute_compactedButStillTooLong_keepsTheSummary() {
        assertThatThrownBy(() -> template.execute("s", () -> {
                    conversation.answer();
                    throw new IOException("the retry fails");
                }))
                .isInstanceOf(IOException.class);

        assertThat(state.getSummary("s")).contains("summary 1");
    }

    @Test
    void execute_otherError_isRethrownUntouched() {
        IOException error = new IOException("down");

        assertThatThrownBy(() -> template.execute("s", () -> {
                    throw error;
                }))
                .isSameAs(error)
                .hasNoSuppressedExceptions();
        assertThat(conversation.summaries).hasValue(0);
    }

    @Test
    void execute_taskWithoutCheckedExceptions_needsNoCatch() {
        String value = template.execute("s", () -> "compiles").value();

        assertThat(value).isEqualTo("compiles");
    }

    @Test
    void execute_predicateThrows_rethrowsTheTasksError() {
        CompactionTemplate broken = CompactionTemplate.builder(state, conversation)
                .contextLimit(error -> {
                    throw new IllegalStateException("predicate");
                })
                .build();

        assertThatThrownBy(() -> broken.execute("s", conversation::answer))
                .isInstanceOf(TooLong.class)
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }

    @Test
    void execute_predicateRethrowsTheError_rethrowsItUntouched() {
        CompactionTemplate broken = CompactionTemplate.builder(state, conversation)
                .contextLimit(error -> {
                    throw (RuntimeException) error;
                })
                .build();

        assertThatThrownBy(() -> broken.execute("s", conversation::answer))
                .isInstanceOf(TooLong.class)
                .hasNoSuppressedExceptions();
    }

    // Epochs: who compacts, and who joins

    @ParameterizedTest
    @ValueSource(ints = {2, 8, 32})
    void execute_tasksThatHitTheLimitTogether_payOneSummary(int tasks) {
        CyclicBarrier allHitIt = new CyclicBarrier(tasks);

        List<Future<String>> answers = Tasks.startTogether(tasks, () -> {
            AtomicInteger tries = new AtomicInteger();
            return template.executeSubtask("s", () -> {
                if (tries.getAndIncrement() == 0) {
                    try {
                        return conversation.answer();
                    } finally {
                        allHitIt.await();
                    }
                }
                return conversation.answer();
            });
        });

        assertThat(Tasks.getAll(answers)).hasSize(tasks).containsOnly("answer");
        assertThat(conversation.summaries).hasValue(1);
        assertThat(conversation.modelCalls).hasValue(2 * tasks);
        assertThat(listener.events("compactionEnded")).hasSize(tasks);
        assertThat(listener.events("compactionEnded"))
                .filteredOn(event -> event.contains(" JOINED "))
                .hasSize(tasks - 1);
    }

    /** 32 tasks read the history before the compaction, and each comes back after another has gone through. */
    @Test
    void execute_lateArrivals_payOneSummary() {
        int tasks = 32;
        CountDownLatch allRead = new CountDownLatch(tasks);
        List<CountDownLatch> turns = new ArrayList<>();
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < tasks; i++) {
            CountDownLatch turn = new CountDownLatch(1);
            turns.add(turn);
            AtomicInteger tries = new AtomicInteger();
            answers.add(Tasks.start(() -> template.executeSubtask("s", () -> {
                if (tries.getAndIncrement() == 0) {
                    allRead.countDown();
                    Tasks.await(turn);
                    throw new TooLong(); // on the history as it was
                }
                return conversation.answer();
            })));
        }
        Tasks.await(allRead);

        for (int i = 0; i < tasks; i++) {
            turns.get(i).countDown();
            assertThat(Tasks.get(answers.get(i))).isEqualTo("answer");
            ticker.advance(Duration.ofMillis(50));
        }

        assertThat(conversation.summaries).hasValue(1);
    }

    /** The late task outlasts ttl and size: its lock has left the cache twice, and is the same all the same. */
    @Test
    void execute_lateArrivalThatOutlastsTtlAndSize_joins() {
        CountDownLatch read = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger tries = new AtomicInteger();
        Future<String> late = Tasks.start(() -> template.executeSubtask("s", () -> {
            if (tries.getAndIncrement() == 0) {
                read.countDown();
                Tasks.await(goOn);
                throw new TooLong();
            }
            return conversation.answer();
        }));
        Tasks.await(read);

        evictAll();
        template.execute("s", conversation::answer);
        evictAll();
        goOn.countDown();

        assertThat(Tasks.get(late)).isEqualTo("answer");
        assertThat(conversation.summaries).hasValue(1);
    }

    private void evictAll() {
        ticker.advance(TTL);
        for (int i = 0; i < 50; i++) {
            state.getLock("filler-" + i);
        }
        ticker.advance(TTL);
        assertThat(state.lockCount()).isZero();
        Garbage.collect();
    }

    // Limits

    @Test
    void execute_nothingToCompact_throwsAMessageForTheUser() {
        conversation.summarizer = Optional::empty;

        assertThatThrownBy(() -> template.execute("s", conversation::answer))
                .isInstanceOf(ContextLimitExceededException.class)
                .hasCauseInstanceOf(TooLong.class)
                .hasMessage("This conversation is too long for the model, and nothing in it can be summarized any more."
                        + " Please send a shorter message, or start a new conversation.");
        assertThat(conversation.modelCalls).hasValue(1);
        assertThat(listener.events("compactionEnded")).containsExactly("compactionEnded s NOTHING PT0S");
    }

    @Test
    void execute_stillTooLongAfterMaxCompactions_throws() {
        CompactionTemplate twice = builder(conversation).maxCompactions(2).build();

        assertThatThrownBy(() -> twice.execute("s", () -> {
                    conversation.tooLong = true;
                    return conversation.answer();
                }))
                .isInstanceOf(ContextLimitExceededException.class)
                .hasCauseInstanceOf(TooLong.class)
                .hasMessageContaining("also after it was summarized 2 times");
        assertThat(conversation.summaries).hasValue(2);
        assertThat(conversation.modelCalls).hasValue(3);
    }

    @Test
    void execute_joinedRetries_countToo() {
        CompactionTemplate once = builder(conversation).maxCompactions(1).build();

        assertThatThrownBy(() -> once.execute("s", () -> {
                    compactByAnotherTask();
                    throw new TooLong();
                }))
                .isInstanceOf(ContextLimitExceededException.class)
                .hasMessageContaining("also after it was summarized once");
        assertThat(conversation.summaries).hasValue(0);
    }

    private void compactByAnotherTask() {
        Lease lease = state.getLock("s").tryAcquire().orElseThrow();
        lease.compacted();
        lease.close();
    }

    /** A subtask inside a root task has done all that can be done; the root must not start over, level by level. */
    @Test
    void execute_exhaustedSubtaskInside_isNotRetried() {
        conversation.summarizer = Optional::empty;
        // This predicate looks at causes, and finds the provider's error in what the subtask throws.
        CompactionTemplate byMessage =
                CompactionTemplate.builder(state, conversation).build();

        assertThatThrownBy(() -> byMessage.execute("s", () -> byMessage.executeSubtask("s", conversation::answer)))
                .isInstanceOf(ContextLimitExceededException.class);
        assertThat(conversation.summaries).hasValue(1);
    }

    @Test
    void execute_leaseNotFreeInTime_throwsWithAgentSessionAndTime() throws InterruptedException {
        CompactionTemplate impatient =
                builder(conversation).lockTimeout(Duration.ofMillis(20)).build();
        try (Lease lease = state.getLock("s\nforged").acquire()) {
            SessionLockTimeoutException e = catchThrowableOfType(
                    SessionLockTimeoutException.class, () -> impatient.execute("s\nforged", conversation::answer));

            assertThat(e.agent()).isEqualTo("planner");
            assertThat(e.sessionId()).isEqualTo("s\nforged");
            assertThat(e.waited()).isGreaterThanOrEqualTo(Duration.ofMillis(20));
            assertThat(e)
                    .hasCauseInstanceOf(TooLong.class)
                    .hasMessageMatching("Gave up waiting for the lock of session 's\\\\u000aforged' of agent 'planner'"
                            + " after \\d+ ms; .*");
        }
        assertThat(listener.events("compactionEnded")).isEmpty();
    }

    @Test
    void execute_interruptedWhileWaiting_restoresTheFlag() throws InterruptedException {
        try (Lease lease = state.getLock("s").acquire()) {
            Tasks.Started<Boolean> task = Tasks.startThread(() -> {
                assertThatThrownBy(() -> template.execute("s", conversation::answer))
                        .isExactlyInstanceOf(CompactionException.class)
                        .hasCauseInstanceOf(InterruptedException.class)
                        .hasMessageContaining("Interrupted while waiting")
                        .satisfies(e -> assertThat(e.getSuppressed()).hasOnlyElementsOfType(TooLong.class));
                return Thread.currentThread().isInterrupted();
            });
            Tasks.spinUntil(() -> state.waitingCount() == 1);

            task.thread.interrupt();

            assertThat(Tasks.get(task)).isTrue();
        }
    }

    // Failures

    @Test
    void execute_compactorThrows_failsWithItsErrorAsCause() {
        IllegalStateException error = new IllegalStateException("contains the user's secret");
        conversation.summarizer = () -> {
            throw error;
        };

        CompactionFailedException e = catchThrowableOfType(
                CompactionFailedException.class, () -> template.execute("s", conversation::answer));

        assertThat(e.rejected()).isFalse();
        assertThat(e)
                .hasCause(error)
                .hasMessage("Compacting session 's' of agent 'planner' failed: the compactor threw"
                        + " java.lang.IllegalStateException.");
        assertThat(state.getLock("s").isLocked()).isFalse();
        assertThat(listener.events("compactionEnded")).containsExactly("compactionEnded s FAILED PT0S");
    }

    @Test
    void execute_compactorThrowsAnError_failsAndFreesTheLease() {
        conversation.summarizer = () -> {
            throw new StackOverflowError();
        };

        assertThatThrownBy(() -> template.execute("s", conversation::answer))
                .isInstanceOf(CompactionFailedException.class)
                .hasCauseInstanceOf(StackOverflowError.class);
        assertThat(state.getLock("s").isLocked()).isFalse();
    }

    @Test
    @SuppressWarnings("NullAway") // a compactor that was compiled without null checks
    void execute_blankOrNullSummary_isAFailureAndStoresNothing() {
        conversation.summarizer = () -> Optional.of(" \n");
        assertThatThrownBy(() -> template.execute("s", conversation::answer))
                .isInstanceOf(CompactionFailedException.class)
                .hasMessageContaining("the compactor returned a blank summary");

        conversation.summarizer = () -> null;
        assertThatThrownBy(() -> template.execute("s", conversation::answer))
                .isInstanceOf(CompactionFailedException.class)
                .hasMessageContaining("the compactor returned null");

        assertThat(state.getSummary("s")).isEmpty();
    }

    @Test
    void execute_hundredTasksBehindABrokenCompactor_payMaxFailuresAndOneProbe() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("down");
        };

        List<Future<Throwable>> tasks = Tasks.startTogether(
                100,
                () -> catchThrowableOfType(
                        CompactionFailedException.class, () -> template.execute("s", conversation::answer)));
        List<Throwable> failures = Tasks.getAll(tasks);

        assertThat(conversation.summaries).hasValue(3);
        assertThat(failures)
                .hasSize(100)
                .doesNotContainNull()
                .allSatisfy(e -> assertThat(e).hasCauseInstanceOf(IllegalStateException.class));
        assertThat(failures)
                .filteredOn(e -> ((CompactionFailedException) e).rejected())
                .hasSize(97);
        assertThat(listener.events("compactionEnded"))
                .filteredOn(event -> event.contains(" REJECTED "))
                .hasSize(97);

        ticker.advance(COOLDOWN);
        Tasks.getAll(Tasks.startTogether(
                100,
                () -> catchThrowableOfType(
                        CompactionFailedException.class, () -> template.execute("s", conversation::answer))));

        assertThat(conversation.summaries).hasValue(4); // one probe, once
    }

    @Test
    void execute_afterTheCooldown_recovers() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("down");
        };
        failOnce();
        failOnce();
        failOnce();
        conversation.summarizer = () -> Optional.of("works again");
        ticker.advance(COOLDOWN.minusMillis(1));
        assertThatThrownBy(() -> template.execute("s", conversation::answer))
                .isInstanceOf(CompactionFailedException.class)
                .hasMessage(
                        "Compacting session 's' of agent 'planner' was not tried: it failed 3 times in a row, and the"
                                + " next try is allowed in 1 ms.");

        ticker.advance(Duration.ofMillis(1));

        assertThat(template.execute("s", conversation::answer).summary()).contains("works again");
        conversation.tooLong = true;
        conversation.summarizer = () -> {
            throw new IllegalStateException("down again");
        };
        failOnce(); // counted from one again
        conversation.summarizer = () -> Optional.of("fine");
        assertThat(template.execute("s", conversation::answer).summary()).contains("fine");
    }

    @Test
    void execute_failuresOfOneSession_doNotTouchAnother() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("down");
        };
        failOnce();
        failOnce();
        failOnce();
        conversation.summarizer = () -> Optional.of("fine");

        assertThat(template.execute("t", conversation::answer).summary()).contains("fine");
    }

    @Test
    void execute_rejectedWhileOthersHoldTheLease_doesNotQueue() throws InterruptedException {
        conversation.summarizer = () -> {
            throw new IllegalStateException("down");
        };
        failOnce();
        failOnce();
        failOnce();
        try (Lease lease = state.getLock("s").acquire()) {
            assertThatThrownBy(() -> template.execute("s", conversation::answer))
                    .isInstanceOf(CompactionFailedException.class);
        }
    }

    /** Neither the lock's ttl nor max-size ends a cool-down. */
    @Test
    void failures_outliveTheLock() {
        SessionCompactionState small =
                newState().ttl(Duration.ofMillis(100)).maxSize(1).ticker(ticker).build();
        CompactionTemplate broken = CompactionTemplate.builder(small, session -> {
                    conversation.summaries.incrementAndGet();
                    throw new IllegalStateException("down");
                })
                .contextLimit(TooLong.class::isInstance)
                .failureCooldown(COOLDOWN)
                .build();
        for (int i = 0; i < 30; i++) {
            for (String session : List.of("s", "t")) {
                assertThatThrownBy(() -> broken.execute(session, conversation::answer))
                        .isInstanceOf(CompactionFailedException.class)
                        .hasCauseInstanceOf(IllegalStateException.class);
                ticker.advance(Duration.ofMillis(200));
                assertThat(small.lockCount()).isZero();
                Garbage.collect();
            }
        }

        assertThat(conversation.summaries).hasValue(2 * 3);
        ticker.advance(COOLDOWN.minusMillis(100));
        for (int i = 0; i < 30; i++) {
            assertThatThrownBy(() -> broken.execute("s", conversation::answer))
                    .isInstanceOf(CompactionFailedException.class);
        }
        assertThat(conversation.summaries).hasValue(2 * 3 + 1); // one probe, once
    }

    @Test
    void failures_ofOneTemplate_doNotTouchAnotherOfTheSameState() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("down");
        };
        failOnce();
        failOnce();
        failOnce();
        CompactionTemplate other =
                builder(session -> Optional.of("by another model")).build();

        assertThat(other.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);
        assertThatThrownBy(() -> template.compact("s"))
                .isInstanceOf(CompactionFailedException.class)
                .hasMessageContaining("was not tried");
    }

    @Test
    void failures_clockSetBackDuringTheCooldown_doesNotLengthenIt() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("down");
        };
        failOnce();
        failOnce();
        failOnce();
        ticker.advance(COOLDOWN.minusSeconds(1));
        failOnce(); // rejected
        assertThat(conversation.summaries).hasValue(3);
        ticker.advance(COOLDOWN.minusSeconds(1).negated());
        conversation.summarizer = () -> Optional.of("works again");

        assertThat(template.execute("s", conversation::answer).summary()).contains("works again");
    }

    @Test
    void failures_clockSetBack_doesNotLengthenTheCooldown() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("down");
        };
        failOnce();
        failOnce();
        failOnce();
        conversation.summarizer = () -> Optional.of("works again");
        ticker.advance(Duration.ofHours(-1));
        ticker.advance(COOLDOWN);

        assertThat(template.execute("s", conversation::answer).summary()).contains("works again");
    }

    /** A failure may hold on to a lot, even to the lock; only those that others are rejected with are kept. */
    @Test
    void failureCauses_areNotKeptWithoutNeed() {
        List<WeakReference<Throwable>> causes = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String session = "s" + i;
            conversation.summarizer = () -> {
                Throwable failure = new LockHolder(state.getLock(session));
                causes.add(new WeakReference<>(failure));
                throw (RuntimeException) failure;
            };
            assertThatThrownBy(() -> template.execute(session, conversation::answer))
                    .isInstanceOf(CompactionFailedException.class);
        }

        Garbage.collectUntil(
                () -> causes.stream().filter(cause -> !cause.refersTo(null)).count() <= 4);
    }

    private static final class LockHolder extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("unused")
        private final transient SessionLock lock;

        LockHolder(SessionLock lock) {
            this.lock = lock;
        }
    }

    private void failOnce() {
        assertThatThrownBy(() -> template.execute("s", conversation::answer))
                .isInstanceOf(CompactionFailedException.class);
    }

    @Test
    void execute_compactorInterrupted_isNoFailure() {
        for (int i = 0; i < 5; i++) {
            conversation.summarizer = () -> {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("by the flag alone");
            };
            assertThatThrownBy(() -> template.execute("s", conversation::answer))
                    .isExactlyInstanceOf(CompactionException.class);
            assertThat(Thread.interrupted()).isTrue();
            CompactionTemplate interrupted = builder(session -> {
                        throw new InterruptedException();
                    })
                    .build();
            assertThatThrownBy(() -> interrupted.execute("s", conversation::answer))
                    .isExactlyInstanceOf(CompactionException.class);
            assertThat(Thread.interrupted()).isTrue();
        }
        conversation.summarizer = () -> Optional.of("fine");

        assertThat(template.execute("s", conversation::answer).summary()).contains("fine");
        assertThat(listener.reports)
                .extracting(CompactionReport::outcome)
                .startsWith(CompactionOutcome.CANCELLED)
                .endsWith(CompactionOutcome.COMPACTED)
                .containsOnly(CompactionOutcome.CANCELLED, CompactionOutcome.COMPACTED);
    }

    /** So that a listener may use the session. */
    @Test
    void compactionEnded_isToldAfterTheLeaseWasGivenBack_howeverItEnds() {
        List<String> told = new CopyOnWriteArrayList<>();
        AtomicReference<SessionLock> lock = new AtomicReference<>();
        SessionCompactionState watched = newState()
                .listener(new CompactionListener() {
                    @Override
                    public void compactionEnded(String agent, String sessionId, CompactionReport report) {
                        told.add(report.outcome()
                                + (Objects.requireNonNull(lock.get()).isLocked() ? ", held" : ""));
                    }
                })
                .build();
        lock.set(watched.getLock("s"));
        List<Compactor> compactors = List.of(
                session -> Optional.of("summary"),
                session -> Optional.empty(),
                session -> {
                    throw new IllegalStateException();
                },
                session -> {
                    throw new InterruptedException();
                },
                session -> {
                    throw new StoreUnavailableException("planner", session, "no answer", null);
                });

        for (Compactor compactor : compactors) {
            CompactionTemplate each =
                    CompactionTemplate.builder(watched, compactor).build();
            try {
                each.compact("s");
            } catch (CompactionException failed) {
                assertThat(Thread.interrupted()).isEqualTo(failed.getCause() instanceof InterruptedException);
            }
        }

        assertThat(told).containsExactly("COMPACTED", "NOTHING", "FAILED", "CANCELLED", "FAILED");
    }

    /** HTTP clients say it so when a call has timed out; the slowest failure of all must not be repeated for ever. */
    @Test
    void execute_compactorTimesOut_isAFailure() {
        CompactionTemplate slow = builder(session -> {
                    conversation.summaries.incrementAndGet();
                    throw new InterruptedIOException("timeout");
                })
                .build();
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> slow.execute("s", conversation::answer))
                    .isInstanceOf(CompactionFailedException.class)
                    .hasCauseInstanceOf(InterruptedIOException.class);
        }

        assertThat(conversation.summaries).hasValue(3);
    }

    /** Of another thread, or of this one without its flag, which looks the same: if it counted for none, each waiter would try. */
    @Test
    void execute_compactorThrowsAWrappedInterrupt_isAFailure() {
        CompactionTemplate helped = builder(session -> {
                    conversation.summaries.incrementAndGet();
                    throw new IllegalStateException(new InterruptedException());
                })
                .build();
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> helped.execute("s", conversation::answer))
                    .isInstanceOf(CompactionFailedException.class);
        }

        assertThat(conversation.summaries).hasValue(3);
    }

    // Compactors in two steps

    @Test
    void staged_isPreparedThenApplied_andTheSummaryIsStoredAfterThat() {
        List<String> steps = new ArrayList<>();
        CompactionTemplate staged =
                builder(new FakeStages(steps, state, "summary", true)).build();

        assertThat(staged.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);

        assertThat(steps).containsExactly("prepare, compacting", "apply, compacting, summary Optional.empty");
        assertThat(state.getSummary("s")).contains("summary");
    }

    /** Others have changed the history, so all who saw the old one should look again; and there is no summary in it. */
    @Test
    void staged_historyRewrittenMeanwhile_movesTheEpochAndStoresNothing() {
        long epoch = state.getLock("s").epoch();
        CompactionTemplate staged = builder(new FakeStages(new ArrayList<>(), state, "summary", false))
                .build();

        assertThat(staged.compact("s", epoch)).isEqualTo(CompactionOutcome.JOINED);

        assertThat(state.getLock("s").epoch()).isEqualTo(epoch + 1);
        assertThat(state.getSummary("s")).isEmpty();
        assertThat(listener.events("compactionEnded")).containsExactly("compactionEnded s JOINED PT0S");
    }

    @Test
    void staged_blankSummary_isNotApplied() {
        List<String> steps = new ArrayList<>();
        CompactionTemplate staged =
                builder(new FakeStages(steps, state, " ", true)).build();

        assertThatThrownBy(() -> staged.compact("s"))
                .isInstanceOf(CompactionFailedException.class)
                .hasMessageContaining("a blank summary");

        assertThat(steps).containsExactly("prepare, compacting");
    }

    @Test
    void staged_summaryBlankOrNotMade_itsUsageIsReported() {
        List<CompactionReport> reports = new ArrayList<>();
        SessionCompactionState listening = SessionCompactionState.builder()
                .agent("planner")
                .listener(new CompactionListener() {
                    @Override
                    public void compactionEnded(String agent, String sessionId, CompactionReport report) {
                        reports.add(report);
                    }
                })
                .build();
        CompactionUsage paid = new CompactionUsage(
                OptionalLong.of(900), OptionalLong.empty(), OptionalLong.of(800), OptionalLong.of(50));
        IllegalStateException failure = new IllegalStateException("down");
        Supplier<String> fails = () -> {
            throw failure;
        };
        for (Supplier<String> summary : List.<Supplier<String>>of(() -> " ", fails)) {
            StagedCompactor staged = session -> Optional.of(new StagedCompactor.Prepared() {
                @Override
                public String summary() {
                    return summary.get();
                }

                @Override
                public boolean apply() {
                    throw new AssertionError();
                }

                @Override
                public CompactionUsage usage() {
                    return paid;
                }
            });
            CompactionTemplate failing =
                    CompactionTemplate.builder(listening, staged).build();

            CompactionFailedException e =
                    catchThrowableOfType(CompactionFailedException.class, () -> failing.compact("s"));

            assertThat(e.getCause()).isSameAs(summary == fails ? failure : null);
        }

        assertThat(reports)
                .hasSize(2)
                .allMatch(report -> report.outcome() == CompactionOutcome.FAILED)
                .allMatch(report -> report.usage().equals(paid));
    }

    /** After apply() the history is another one, so none of the compactor's code may fail from there on. */
    @Test
    @SuppressWarnings("NullAway") // a compactor that was compiled without null checks
    void staged_nullOrFailingParts_failBeforeTheyAreApplied() {
        List<String> steps = new ArrayList<>();
        FakeStages good = new FakeStages(steps, state, "summary", true);
        AtomicInteger asked = new AtomicInteger();
        StagedCompactor noUsage = session -> Optional.of(new StagedCompactor.Prepared() {
            @Override
            public String summary() {
                return asked.get() == 1 ? "summary" : null;
            }

            @Override
            public boolean apply() {
                return good.apply();
            }

            @Override
            public CompactionUsage usage() {
                return asked.incrementAndGet() == 1 ? null : CompactionUsage.UNKNOWN;
            }
        });
        CompactionTemplate broken = builder(noUsage).build();

        assertThatThrownBy(() -> broken.compact("s")).isInstanceOf(CompactionFailedException.class); // no usage
        assertThatThrownBy(() -> broken.compact("s")).isInstanceOf(CompactionFailedException.class); // no summary
        assertThat(steps).isEmpty();
        assertThat(listener.events("compactionEnded")).hasSize(2).allMatch(event -> event.contains(" FAILED "));
    }

    @Test
    void staged_calledAsASimpleCompactor_doesBothSteps() throws Exception {
        assertThat(new FakeStages(new ArrayList<>(), state, "summary", true).compact("s"))
                .contains("summary");
        assertThat(new FakeStages(new ArrayList<>(), state, "summary", false).compact("s"))
                .isEmpty();
    }

    /** Notes its steps. */
    private record FakeStages(List<String> steps, SessionCompactionState state, String summary, boolean applies)
            implements StagedCompactor, StagedCompactor.Prepared {

        @Override
        public Optional<Prepared> prepare(String sessionId) {
            steps.add("prepare" + (state.isCompacting("s") ? ", compacting" : ""));
            return Optional.of(this);
        }

        @Override
        public boolean apply() {
            steps.add("apply" + (state.isCompacting("s") ? ", compacting" : "") + ", summary " + state.getSummary("s"));
            return applies;
        }

        @Override
        public CompactionUsage usage() {
            return new CompactionUsage(
                    OptionalLong.of(12_345), OptionalLong.of(678), OptionalLong.empty(), OptionalLong.empty());
        }
    }

    // What an operator sees

    @Test
    void compacted_logsOneLineWithoutText() {
        try (CapturedLog log = new CapturedLog()) {
            CompactionTemplate slow = builder(session -> {
                        ticker.advance(Duration.ofMillis(2_100));
                        return Optional.of("secret");
                    })
                    .build();
            slow.compact("s");
            builder(new FakeStages(new ArrayList<>(), state, "secret", true))
                    .build()
                    .compact("s");

            assertThat(log.records()).allMatch(record -> record.getLevel() == Level.INFO);
            assertThat(log.messages())
                    .containsExactly(
                            "Compacted session 's' of agent 'planner' in 2100 ms; 0 waiting tasks joined.",
                            "Compacted session 's' of agent 'planner' in 0 ms, 12345 -> 678 tokens; 0 waiting tasks joined.");
        }
    }

    @Test
    void failed_logsOneWarningWithoutTextAndNoneWhileSuspended() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("secret");
        };
        CompactionTemplate failing = builder(conversation).maxFailures(2).build();

        try (CapturedLog log = new CapturedLog()) {
            fail(failing);
            fail(failing);
            fail(failing); // rejected
            ticker.advance(COOLDOWN);
            fail(failing);

            assertThat(conversation.summaries).hasValue(3);
            String failed = "Compacting session 's' of agent 'planner' failed: the compactor threw"
                    + " java.lang.IllegalStateException. Failures in a row: ";
            assertThat(log.messages())
                    .containsExactly(
                            failed + "1 (maxFailures 2); the next task tries again.",
                            failed + "2 (maxFailures 2); the session's compactor is suspended for 60000 ms.",
                            failed + "3 (maxFailures 2); the session's compactor is suspended for 60000 ms.");
            assertThat(log.records())
                    .allMatch(record -> record.getLevel() == Level.WARNING && record.getThrown() == null);
        }
    }

    @Test
    void failed_blankSummary_isWarnedOf() {
        conversation.summarizer = () -> Optional.of(" ");

        try (CapturedLog log = new CapturedLog()) {
            fail(template);

            assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .startsWith(
                            "Compacting session 's' of agent 'planner' failed: the compactor returned a blank summary")
                    .endsWith("Failures in a row: 1 (maxFailures 3); the next task tries again.");
        }
    }

    @Test
    void failed_sharedByEightTasks_isOneLine() {
        conversation.summarizer = () -> {
            Tasks.spinUntil(() -> state.waitingCount() == 7);
            throw new IllegalStateException("down");
        };
        CompactionTemplate failing = builder(conversation).maxFailures(1).build();

        try (CapturedLog log = new CapturedLog()) {
            List<Future<String>> tasks =
                    Tasks.startTogether(8, () -> failing.executeSubtask("s", conversation::answer));

            assertThat(tasks)
                    .allSatisfy(task -> assertThat(Tasks.failure(task)).isInstanceOf(CompactionFailedException.class));
            assertThat(conversation.summaries).hasValue(1);
            assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .contains("Failures in a row: 1 (maxFailures 1)", "suspended for 60000 ms");
        }
    }

    @Test
    void interruptedCompactor_logsNothing() {
        CompactionTemplate interrupted = builder(session -> {
                    throw new InterruptedException();
                })
                .build();

        try (CapturedLog log = new CapturedLog()) {
            assertThatThrownBy(() -> interrupted.compact("s")).isExactlyInstanceOf(CompactionException.class);

            assertThat(log.messages()).isEmpty();
        } finally {
            assertThat(Thread.interrupted()).isTrue(); // the next test has the same thread
        }
    }

    private static void fail(CompactionTemplate failing) {
        assertThatThrownBy(() -> failing.compact("s")).isInstanceOf(CompactionFailedException.class);
    }

    // Switched off

    @Test
    void isEnabled_unlessSwitchedOff() {
        assertThat(template.isEnabled()).isTrue();
        assertThat(builder(conversation).enabled(false).build().isEnabled()).isFalse();
        assertThat(builder(conversation).enabled(false).enabled(true).build().isEnabled())
                .isTrue();
    }

    @Test
    void execute_switchedOff_runsTheTaskOnceAndThrowsItsErrorUnseen() {
        AtomicInteger looked = new AtomicInteger();
        CompactionTemplate off = switchedOff(looked);
        TooLong error = new TooLong();
        AtomicInteger runs = new AtomicInteger();
        SessionTask<String, TooLong> task = () -> {
            runs.incrementAndGet();
            throw error;
        };

        assertThatThrownBy(() -> off.execute("s", task)).isSameAs(error);
        assertThatThrownBy(() -> off.executeSubtask("s", task)).isSameAs(error);

        assertThat(error.getSuppressed()).isEmpty();
        assertThat(runs).hasValue(2);
        assertThat(looked).hasValue(0);
        assertThat(conversation.summaries).hasValue(0);
        assertThat(listener.events).isEmpty();
    }

    @Test
    void execute_switchedOff_takesASummaryThatIsThere() {
        conversation.tooLong = false;
        state.storeSummary("s", "from before");
        CompactionTemplate off = switchedOff(new AtomicInteger());

        assertThat(off.executeSubtask("s", conversation::answer)).isEqualTo("answer");
        CompactedReply<String> reply = off.execute("s", conversation::answer);

        assertThat(reply.value()).isEqualTo("answer");
        assertThat(reply.summary()).contains("from before");
    }

    @Test
    void compact_switchedOff_doesNothingAndWaitsForNothing() throws InterruptedException {
        CompactionTemplate off = switchedOff(new AtomicInteger());
        SessionLock lock = state.getLock("s");

        try (Lease lease = lock.acquire()) {
            assertThat(off.compact("s")).isEqualTo(CompactionOutcome.NOTHING);
            assertThat(off.compact("s", lock.epoch())).isEqualTo(CompactionOutcome.NOTHING);
            assertThat(off.compact("s", lock.epoch() - 1)).isEqualTo(CompactionOutcome.NOTHING);
            assertThat(off.compactAsync("s", lock.epoch())).isCompletedWithValue(CompactionOutcome.NOTHING);
            assertThat(listener.events).isEmpty();
        }

        assertThatThrownBy(() -> off.compact(" ")).isInstanceOf(IllegalArgumentException.class);
        assertThat(conversation.summaries).hasValue(0);
        assertThat(state.getSummary("s")).isEmpty();
    }

    private CompactionTemplate switchedOff(AtomicInteger looked) {
        return builder(conversation)
                .contextLimit(error -> {
                    looked.incrementAndGet();
                    return true;
                })
                .enabled(false)
                .lockTimeout(Duration.ofSeconds(1)) // should it wait after all
                .build();
    }

    @Test
    void compactionStarted_tellsWhy() {
        template.execute("s", conversation::answer);
        template.compact("s");
        template.compact("s", state.getLock("s").epoch());
        template.compact("s", state.getLock("s").epoch() - 1); // joins, and starts nothing

        assertThat(listener.events("compactionStarted"))
                .containsExactly(
                        "compactionStarted s OVERFLOW", "compactionStarted s MANUAL", "compactionStarted s THRESHOLD");
    }

    /** The causes of rejections may hold on to much; they go while compactions succeed, too. */
    @Test
    void failureCauses_goAfterAWhile() {
        List<WeakReference<Throwable>> causes = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            String session = "s" + i % 10;
            conversation.summarizer = () -> {
                Throwable failure = new IllegalStateException("down");
                causes.add(new WeakReference<>(failure));
                throw (RuntimeException) failure;
            };
            assertThatThrownBy(() -> template.compact(session)).isInstanceOf(CompactionFailedException.class);
        }
        conversation.summarizer = () -> Optional.of("works again");
        ticker.advance(TTL.plus(COOLDOWN));
        template.compact("another");

        Garbage.collectUntil(() -> causes.stream().allMatch(cause -> cause.refersTo(null)));
    }

    @Test
    void listenerThatAsksForACompactionUnderTheLease_isRefusedAtOnce() {
        List<CompactionTemplate> self = new ArrayList<>();
        List<Throwable> refused = new ArrayList<>();
        SessionCompactionState told = newState()
                .listener(new CompactionListener() {
                    @Override
                    public void summaryStored(String agent, String sessionId) {
                        refused.add(catchThrowableOfType(
                                CompactionException.class, () -> self.get(0).compact(sessionId)));
                    }
                })
                .build();
        self.add(CompactionTemplate.builder(told, conversation).build());

        assertThat(self.get(0).compact("s")).isEqualTo(CompactionOutcome.COMPACTED);

        assertThat(refused).singleElement().isExactlyInstanceOf(CompactionException.class);
    }

    // Manual compaction

    @Test
    void compact_idleSession_compacts() {
        assertThat(template.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(state.getSummary("s")).contains("summary 1");

        conversation.summarizer = Optional::empty;
        assertThat(template.compact("s")).isEqualTo(CompactionOutcome.NOTHING);
    }

    @Test
    void compact_whileOneRuns_joins() {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        conversation.summarizer = () -> {
            running.countDown();
            Tasks.await(finish);
            return Optional.of("summary");
        };
        Future<CompactionOutcome> first = Tasks.start(() -> template.compact("s"));
        Tasks.await(running);
        List<Future<CompactionOutcome>> others = Tasks.startTogether(4, () -> template.compact("s"));
        Tasks.spinUntil(() -> state.waitingCount() == 4);

        finish.countDown();

        assertThat(Tasks.get(first)).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(Tasks.getAll(others)).containsOnly(CompactionOutcome.JOINED);
        assertThat(conversation.summaries).hasValue(1);
    }

    @Test
    void compact_fails_throwsWithTheCause() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("down");
        };

        assertThatThrownBy(() -> template.compact("s"))
                .isInstanceOf(CompactionFailedException.class)
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void compact_epochStillTheSame_compacts() {
        assertThat(template.compact("s", state.getLock("s").epoch())).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(conversation.summaries).hasValue(1);
        assertThat(state.getSummary("s")).contains("summary 1");
    }

    @Test
    void compact_epochHasMoved_joins() {
        SessionLock lock = state.getLock("s");
        long seen = lock.epoch();
        template.compact("s");

        assertThat(template.compact("s", seen)).isEqualTo(CompactionOutcome.JOINED);
        assertThat(conversation.summaries).hasValue(1);
        assertThat(template.compact("s", lock.epoch())).isEqualTo(CompactionOutcome.COMPACTED);
    }

    // Nested use

    @Test
    void compactorThatUsesTheTemplateForItsSession_failsAtOnce() {
        List<CompactionTemplate> self = new ArrayList<>();
        AtomicInteger modelCalls = new AtomicInteger();
        CompactionTemplate nested = builder(session -> {
                    self.get(0).execute(session, modelCalls::incrementAndGet);
                    return Optional.of("never");
                })
                .build();
        self.add(nested);

        assertThatThrownBy(() -> nested.compact("s"))
                .isInstanceOf(CompactionFailedException.class)
                .cause()
                .isExactlyInstanceOf(CompactionException.class)
                .hasMessage("The compactor asked for the lock of session 's' of agent 'planner', the session that it is"
                        + " compacting, and would wait for itself. Call the model directly in the compactor, or give it"
                        + " a session of its own.");
        assertThat(modelCalls).hasValue(0);
        assertThat(state.getLock("s").isLocked()).isFalse();
    }

    @Test
    void compactorThatTakesTheLockByHand_failsAtOnce() {
        CompactionTemplate nested = builder(session -> {
                    state.getLock(session).acquire().close();
                    return Optional.of("never");
                })
                .build();
        CompactionTemplate nestedAsync = builder(session -> {
                    state.getLock(session).acquireAsync().join().close();
                    return Optional.of("never");
                })
                .build();

        assertThatThrownBy(() -> nested.compact("s"))
                .isInstanceOf(CompactionFailedException.class)
                .cause()
                .isExactlyInstanceOf(CompactionException.class);
        assertThatThrownBy(() -> nestedAsync.compact("s"))
                .isInstanceOf(CompactionFailedException.class)
                .hasRootCauseExactlyInstanceOf(CompactionException.class);
    }

    @Test
    void compactorThatTriesTheLock_isToldThatItIsHeld() {
        List<Boolean> taken = new ArrayList<>();
        CompactionTemplate trying = builder(session -> {
                    taken.add(state.getLock(session).tryAcquire().isPresent());
                    taken.add(state.getLock(session).tryAcquire(Duration.ZERO).isPresent());
                    return Optional.of("summary");
                })
                .build();

        assertThat(trying.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);

        assertThat(taken).containsExactly(false, false);
    }

    @Test
    void compactorThatUsesTheTemplateForAnotherSession_works() {
        List<CompactionTemplate> self = new ArrayList<>();
        CompactionTemplate nested = builder(session -> session.equals("s")
                        ? Optional.of(Objects.requireNonNull(self.get(0)
                                .execute("helper", () -> "by a helper")
                                .value()))
                        : Optional.empty())
                .build();
        self.add(nested);

        assertThat(nested.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(nested.compact("s")).isEqualTo(CompactionOutcome.COMPACTED); // nothing is left behind
        assertThat(state.getSummary("s")).contains("by a helper");
    }

    @Test
    void isCompacting_onlyInsideTheCompactorOfThatSession() {
        List<Boolean> seen = new ArrayList<>();
        CompactionTemplate template = builder(session -> {
                    seen.add(state.isCompacting(session));
                    seen.add(state.isCompacting("other"));
                    seen.add(CompletableFuture.supplyAsync(() -> state.isCompacting(session))
                            .join());
                    return Optional.of("summary");
                })
                .build();

        template.compact("s");
        seen.add(state.isCompacting("s"));

        assertThat(seen).containsExactly(true, false, false, false);
    }

    // Listening

    @Test
    void listenerThatThrows_isLoggedAndNeverFelt() {
        AtomicInteger thrown = new AtomicInteger();
        CompactionListener broken = (CompactionListener) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {CompactionListener.class}, (proxy, method, args) -> {
                    if (method.getDeclaringClass() == Object.class) {
                        return method.invoke(this, args);
                    }
                    thrown.incrementAndGet();
                    throw new AssertionError("thrown by a test");
                });
        RecordingListener after = new RecordingListener();
        SessionCompactionState told = newState()
                .listener(broken)
                .listener(after)
                .maxSize(1)
                .ttl(TTL)
                .ticker(ticker)
                .build();
        CompactionTemplate listening = CompactionTemplate.builder(told, conversation)
                .contextLimit(TooLong.class::isInstance)
                .build();
        try (CapturedLog log = new CapturedLog()) {
            Lease lease = told.getLock("s").tryAcquire().orElseThrow();
            Future<Lease> waiter = told.getLock("s").acquireAsync();
            told.getLock("s").acquireAsync().cancel(false);
            lease.close();
            Tasks.get(waiter).close();
            assertThat(listening.execute("s", conversation::answer).summary()).contains("summary 1");
            told.storeSummary("a", "text");
            told.storeSummary("b", "text");
            told.discardSummary("b");
            ticker.advance(TTL);
            assertThat(told.summaryCount()).isZero();
            assertThat(told.lockCount()).isZero();

            await().until(() -> !after.events("lockDropped").isEmpty()); // told by a thread of the library
            assertThat(after.events)
                    .extracting(event -> event.split(" ")[0])
                    .contains(
                            "lockAcquired",
                            "waitGivenUp",
                            "leaseClosed",
                            "compactionStarted",
                            "compactionEnded",
                            "summaryStored",
                            "summaryPopped",
                            "summaryDropped",
                            "lockDropped");
            soon(() -> assertThat(log.messages())
                    .filteredOn(message -> message.startsWith("CompactionListener ") && message.contains("threw"))
                    .hasSize(thrown.get())
                    .hasSizeGreaterThanOrEqualTo(after.events.size()));
            if (!isShared()) { // whose calls are told, too
                assertThat(after.events).hasSize(thrown.get());
            }
        }
    }

    @Test
    void summaryText_reachesNoLogNoMessageAndNoListener() {
        String secret = "the user's secret";
        try (CapturedLog log = new CapturedLog()) {
            conversation.summarizer = () -> Optional.of(secret);
            CompactedReply<String> reply = template.execute("s", conversation::answer);
            conversation.tooLong = true;
            conversation.summarizer = () -> {
                throw new IllegalStateException(secret);
            };
            Throwable failed = catchThrowableOfType(
                    CompactionFailedException.class, () -> template.execute("s", conversation::answer));

            assertThat(reply.toString()).doesNotContain(secret);
            assertThat(failed.getMessage()).doesNotContain(secret);
            assertThat(listener.events).noneMatch(event -> event.contains(secret));
            assertThat(log.messages()).noneMatch(message -> message.contains(secret));
        }
        assertThat(Collections.singletonList(state.toString())).noneMatch(text -> text.contains(secret));
    }
}
