package io.github.agentcompaction.springai.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.CompactionException;
import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import io.github.agentcompaction.SessionLockTimeoutException;
import io.github.agentcompaction.springai.LoggedWarnings;
import io.github.agentcompaction.springai.session.KeepNewest.Meanwhile;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.compaction.CompactionTrigger;
import org.springframework.ai.session.compaction.TurnCountTrigger;

/** Compactions of one session run one strategy, and survive what is appended meanwhile. */
@Timeout(60)
class CoordinatedSessionServiceTest {

    private static final CompactionTrigger MORE_THAN_FIVE = new TurnCountTrigger(5);
    private static final CompactionTrigger ALWAYS = request -> true;

    private final SessionRepository repository =
            InMemorySessionRepository.builder().build();
    private final SessionCompactionState state =
            SessionCompactionState.builder().agent("planner").build();
    private final CoordinatedSessionService service = decorate(repository);
    private final KeepNewest strategy = new KeepNewest(2);
    private final ExecutorService tasks = Executors.newCachedThreadPool();

    @BeforeEach
    void tenMessages() {
        service.create(CreateSessionRequest.builder().id("s").userId("user").build());
        IntStream.rangeClosed(1, 10).forEach(i -> say("m" + i));
    }

    @AfterEach
    void stopTasks() {
        tasks.shutdownNow();
        assertThat(state.heldCount()).isZero();
        assertThat(state.waitingCount()).isZero();
        assertThat(service.openCalls()).isZero();
    }

    // Once

    @ParameterizedTest
    @ValueSource(ints = {2, 8, 32})
    void compact_inParallel_runsTheStrategyOnce(int calls) throws Exception {
        strategy.meanwhile = () -> awaitWaiting(calls - 1);

        List<CompactionResult> results = together(calls, () -> service.compact("s", MORE_THAN_FIVE, strategy));

        assertThat(strategy.runs).hasValue(1);
        assertThat(results)
                .filteredOn(result -> !result.archivedEvents().isEmpty())
                .singleElement()
                .satisfies(result -> assertThat(texts(result.archivedEvents()))
                        .containsExactly("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"));
        assertThat(results)
                .allSatisfy(result ->
                        assertThat(texts(result.compactedEvents())).containsExactly("summary 1", "m9", "m10"));
        assertThat(active()).containsExactly("summary 1", "m9", "m10");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 8, 32})
    void compact_inParallelWithAnUnconditionalTrigger_runsTheStrategyOnce(int calls) throws Exception {
        strategy.meanwhile = () -> {
            awaitWaiting(calls - 1);
            say("meanwhile"); // so that the strategy would have something to do again
        };

        together(calls, () -> service.compact("s", ALWAYS, strategy));

        assertThat(strategy.runs).hasValue(1);
        assertThat(active()).containsExactly("summary 1", "m9", "m10", "meanwhile");
    }

    @Test
    void compact_unconditionalOneAfterTheOther_runsTheStrategyEachTime() {
        service.compact("s", ALWAYS, strategy);
        say("m11");
        service.compact("s", ALWAYS, strategy);

        assertThat(strategy.runs).hasValue(2);
        assertThat(active()).containsExactly("summary 2", "m10", "m11");
    }

    /** What an earlier compaction left is no answer to a call that came after it. */
    @Test
    void compact_unconditionalThatCameAfterTheLastOne_runsTheStrategyAgain() throws Exception {
        CountDownLatch open = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        Future<CompactionResult> other = tasks.submit(() -> service.compact( // so that what the first one left is known
                "s",
                request -> {
                    open.countDown();
                    awaitLatch(done);
                    return false;
                },
                strategy));
        awaitLatch(open);
        service.compact("s", ALWAYS, strategy);

        service.compact("s", unconditional(() -> say("m11")), strategy);

        done.countDown();
        other.get(10, TimeUnit.SECONDS);
        assertThat(strategy.runs).hasValue(2);
        assertThat(active()).containsExactly("summary 2", "m10", "m11");
    }

    @Test
    void compact_unconditionalThatCameBeforeTheLastOne_takesItForItsOwn() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        CountDownLatch compacted = new CountDownLatch(1);
        Future<CompactionResult> late = tasks.submit(() -> service.compact(
                "s",
                unconditional(() -> {
                    read.countDown();
                    awaitLatch(compacted);
                }),
                strategy));
        awaitLatch(read);
        service.compact("s", ALWAYS, strategy);
        say("m11"); // so that the strategy would have something to do again
        compacted.countDown();

        assertThat(late.get(10, TimeUnit.SECONDS).archivedEvents()).isEmpty();
        assertThat(strategy.runs).hasValue(1);
        assertThat(active()).containsExactly("summary 1", "m9", "m10", "m11");
    }

    /** Fires always; when it is asked first, so when the call has read the history, something happens. */
    private static CompactionTrigger unconditional(Runnable whenRead) {
        AtomicBoolean asked = new AtomicBoolean();
        return request -> {
            if (asked.compareAndSet(false, true)) {
                whenRead.run();
            }
            return true;
        };
    }

    @Test
    void compact_afterAnother_findsNothingToDo() {
        service.compact("s", MORE_THAN_FIVE, strategy);
        CompactionResult late = service.compact("s", MORE_THAN_FIVE, strategy);

        assertThat(strategy.runs).hasValue(1);
        assertThat(late.archivedEvents()).isEmpty();
        assertThat(texts(late.compactedEvents())).containsExactly("summary 1", "m9", "m10");
    }

    @Test
    void compact_thatReadBeforeACompactionAndComesAfterIt_looksAgain() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        CountDownLatch compacted = new CountDownLatch(1);
        CompactionTrigger slow = request -> {
            boolean fires = MORE_THAN_FIVE.shouldCompact(request);
            read.countDown();
            awaitLatch(compacted);
            return fires;
        };

        Future<CompactionResult> late = tasks.submit(() -> service.compact("s", slow, strategy));
        awaitLatch(read);
        service.compact("s", MORE_THAN_FIVE, strategy);
        compacted.countDown();

        assertThat(late.get(10, TimeUnit.SECONDS).archivedEvents()).isEmpty();
        assertThat(strategy.runs).hasValue(1);
    }

    @Test
    void compact_whenWhatWasAppendedMeanwhileIsTooMuchAgain_runsTheStrategyAgain() throws Exception {
        strategy.meanwhile = () -> {
            if (strategy.runs.get() == 1) {
                awaitWaiting(7);
                IntStream.rangeClosed(11, 20).forEach(i -> say("m" + i));
            }
        };

        together(8, () -> service.compact("s", MORE_THAN_FIVE, strategy));

        assertThat(strategy.runs).hasValue(2);
        assertThat(active()).containsExactly("summary 2", "m19", "m20");
        assertThat(archived()).hasSize(18).doesNotHaveDuplicates();
    }

    @Test
    void compact_triggerDoesNotFire_doesNotWait() {
        strategy.meanwhile = () -> {
            Future<CompactionResult> other = tasks.submit(() -> service.compact("s", request -> false, strategy));
            assertThat(other.get(10, TimeUnit.SECONDS).archivedEvents()).isEmpty();
        };

        service.compact("s", MORE_THAN_FIVE, strategy);

        assertThat(strategy.runs).hasValue(1);
    }

    @Test
    void compact_alone_asksTheTriggerOnce() {
        AtomicInteger asked = new AtomicInteger();

        service.compact("s", request -> asked.incrementAndGet() == 1, strategy);

        assertThat(asked).hasValue(1);
        assertThat(strategy.runs).hasValue(1);
    }

    @Test
    void compact_otherSessions_doNotWaitForEachOther() {
        service.create(CreateSessionRequest.builder().id("t").userId("user").build());
        IntStream.rangeClosed(1, 10).forEach(i -> service.appendMessage("t", new UserMessage("t" + i)));
        strategy.meanwhile = () -> tasks.submit(() -> service.compact("t", MORE_THAN_FIVE, new KeepNewest(2)))
                .get(10, TimeUnit.SECONDS);

        service.compact("s", MORE_THAN_FIVE, strategy);

        assertThat(texts(repository.findEvents("t", EventFilter.active()))).containsExactly("summary 1", "t9", "t10");
    }

    @Test
    void compact_applied_movesTheEpochByOne() {
        long before = state.getLock("s").epoch();

        service.compact("s", MORE_THAN_FIVE, strategy);
        service.compact("s", MORE_THAN_FIVE, strategy);

        assertThat(state.getLock("s").epoch()).isEqualTo(before + 1);
    }

    // Rebased

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32})
    void compact_withAnAppendMeanwhile_isAppliedInFrontOfIt(int calls) throws Exception {
        strategy.meanwhile = () -> {
            awaitWaiting(calls - 1);
            say("meanwhile 1");
            say("meanwhile 2");
        };

        List<CompactionResult> results = together(calls, () -> service.compact("s", MORE_THAN_FIVE, strategy));

        assertThat(strategy.runs).hasValue(1);
        assertThat(active()).containsExactly("summary 1", "m9", "m10", "meanwhile 1", "meanwhile 2");
        assertThat(archived()).containsExactly("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8");
        assertThat(results)
                .filteredOn(result -> !result.archivedEvents().isEmpty())
                .singleElement()
                .satisfies(result -> {
                    assertThat(texts(result.compactedEvents())).isEqualTo(active());
                    assertThat(texts(result.archivedEvents())).isEqualTo(archived());
                    assertThat(result.tokensEstimatedSaved()).isEqualTo(100);
                });
    }

    @Test
    void compact_twiceWithAppends_dropsTheOldSummaryAndNothingElse() {
        strategy.meanwhile = () -> say("meanwhile " + strategy.runs.get());

        service.compact("s", ALWAYS, strategy);
        service.compact("s", ALWAYS, strategy);

        assertThat(active()).containsExactly("summary 2", "m10", "meanwhile 1", "meanwhile 2");
        assertThat(archived()).containsExactly("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9");
    }

    @Test
    void compact_whileSixteenTasksAppend_losesNothing() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger appended = new AtomicInteger();
        List<Future<?>> appending = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            appending.add(tasks.submit(() -> {
                while (!stop.get() && appended.get() < 4_000) {
                    say("a" + appended.incrementAndGet());
                    Thread.yield();
                }
            }));
        }
        try {
            for (int i = 0; i < 20; i++) {
                service.compact("s", ALWAYS, strategy);
            }
        } finally {
            stop.set(true);
        }
        for (Future<?> each : appending) {
            each.get(10, TimeUnit.SECONDS);
        }
        service.compact("s", ALWAYS, strategy);

        assertThat(active()).hasSize(3);
        assertThat(Stream.concat(archived().stream(), active().stream().skip(1)))
                .containsExactlyInAnyOrderElementsOf(Stream.concat(
                                IntStream.rangeClosed(1, 10).mapToObj(i -> "m" + i),
                                IntStream.rangeClosed(1, appended.get()).mapToObj(i -> "a" + i))
                        .toList());
    }

    @Test
    void compact_withAnAppendBetweenReadingAndWriting_keepsIt() {
        AtomicBoolean appended = new AtomicBoolean();
        SessionRepository busy = new ForwardingRepository(repository) {
            @Override
            public List<SessionEvent> findEvents(String sessionId, EventFilter filter) {
                List<SessionEvent> events = super.findEvents(sessionId, filter);
                if (strategy.runs.get() == 1 && appended.compareAndSet(false, true)) {
                    repository.appendEvent(event("between"));
                }
                return events;
            }
        };

        decorate(busy).compact("s", MORE_THAN_FIVE, strategy);

        assertThat(appended).isTrue();
        assertThat(active()).containsExactly("summary 1", "m9", "m10", "between");
    }

    @Test
    void compact_whenAnotherProcessCompactedMeanwhile_changesNothing() {
        strategy.meanwhile = () -> {
            if (strategy.runs.get() == 1) {
                decorate(repository, SessionCompactionState.builder().build()).compact("s", ALWAYS, new KeepNewest(4));
            }
        };

        CompactionResult result = service.compact("s", MORE_THAN_FIVE, strategy);

        assertThat(result.archivedEvents()).isEmpty();
        assertThat(active()).containsExactly("summary 1", "m7", "m8", "m9", "m10");
        assertThat(texts(result.compactedEvents())).isEqualTo(active());
        assertThat(archived()).hasSize(6);
    }

    @Test
    void compact_whenTheSessionWasDeletedAndMadeAgain_leavesTheNewOneAlone() {
        strategy.meanwhile = () -> {
            service.delete("s");
            tenMessages();
        };

        CompactionResult result = service.compact("s", MORE_THAN_FIVE, strategy);

        assertThat(result.archivedEvents()).isEmpty();
        assertThat(active()).hasSize(10);
    }

    @Test
    void compact_whenAnotherWriterIsAlwaysFaster_givesUpAndSaysSo() {
        AtomicInteger writes = new AtomicInteger();
        SessionRepository busy = new ForwardingRepository(repository) {
            @Override
            public boolean compactEvents(
                    String sessionId, List<SessionEvent> archived, List<SessionEvent> retained, long version) {
                writes.incrementAndGet();
                repository.appendEvent(event("faster"));
                return super.compactEvents(sessionId, archived, retained, version);
            }
        };
        long before = state.getLock("s").epoch();

        CompactionResult result;
        try (LoggedWarnings log = new LoggedWarnings(CoordinatedSessionService.class)) {
            result = decorate(busy).compact("s", MORE_THAN_FIVE, strategy);

            assertThat(log.texts)
                    .singleElement()
                    .asString()
                    .contains("A compaction was lost", "session 's' of agent 'planner'")
                    .doesNotContain("m10");
        }

        assertThat(writes).hasValue(100);
        assertThat(result.archivedEvents()).isEmpty();
        assertThat(result.compactedEvents()).hasSize(110);
        assertThat(active()).hasSize(110);
        assertThat(state.getLock("s").epoch()).isEqualTo(before);
    }

    // Failures

    @ParameterizedTest
    @ValueSource(ints = {2, 8, 32})
    void compact_inParallelAndTheStrategyThrows_runsItOnceAndAllFail(int calls) {
        IllegalStateException down = new IllegalStateException("the model said: m10");
        strategy.meanwhile = () -> {
            if (strategy.runs.get() == 1) {
                awaitWaiting(calls - 1);
            }
            throw down;
        };

        List<Throwable> failures = failuresOf(calls, () -> service.compact("s", MORE_THAN_FIVE, strategy));

        assertThat(strategy.runs).hasValue(1);
        assertThat(failures).doesNotHaveDuplicates().containsOnlyOnce(down);
        assertThat(failures)
                .filteredOn(failure -> failure != down)
                .hasSize(calls - 1)
                .allSatisfy(failure -> assertThat(failure)
                        .isInstanceOfSatisfying(CompactionFailedException.class, e -> {
                            assertThat(e.agent()).isEqualTo("planner");
                            assertThat(e.sessionId()).isEqualTo("s");
                            assertThat(e.rejected()).isFalse();
                        })
                        .hasMessageContaining("the strategy threw java.lang.IllegalStateException")
                        .hasMessageContaining("session 's' of agent 'planner'")
                        .hasMessageNotContaining("m10")
                        .hasCause(down));
        assertThat(active()).hasSize(10);
        assertThat(archived()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 8, 32})
    void compact_inParallelAndTheStrategyArchivesNothing_runsItOnce(int calls) throws Exception {
        KeepNewest keepsAll = new KeepNewest(10);
        keepsAll.meanwhile = () -> {
            if (keepsAll.runs.get() == 1) {
                awaitWaiting(calls - 1);
            }
        };

        List<CompactionResult> results = together(calls, () -> service.compact("s", MORE_THAN_FIVE, keepsAll));

        assertThat(keepsAll.runs).hasValue(1);
        assertThat(results).allSatisfy(result -> {
            assertThat(result.archivedEvents()).isEmpty();
            assertThat(result.compactedEvents()).hasSize(10);
        });
    }

    @Test
    void compact_afterTheStrategyThrew_triesAnew() {
        // A call that stays open keeps what the calls of the session tell each other.
        CompactionTrigger whileOpen = request -> {
            strategy.meanwhile = () -> {
                throw new IllegalStateException("down");
            };
            assertThatThrownBy(() -> service.compact("s", MORE_THAN_FIVE, strategy))
                    .hasMessage("down");
            assertThatThrownBy(() -> service.compact("s", MORE_THAN_FIVE, strategy))
                    .hasMessage("down");
            strategy.meanwhile = () -> {};
            assertThat(service.compact("s", MORE_THAN_FIVE, strategy).archivedEvents())
                    .hasSize(8);
            return false;
        };

        service.compact("s", whileOpen, strategy);

        assertThat(strategy.runs).hasValue(3);
        assertThat(active()).containsExactly("summary 3", "m9", "m10");
    }

    @Test
    void compact_strategyThrowsAndTheHistoryMoved_theNextTries() throws Exception {
        strategy.meanwhile = () -> {
            if (strategy.runs.get() == 1) {
                awaitWaiting(7);
                say("m11");
                throw new IllegalStateException("down");
            }
        };

        List<Throwable> failures = failuresOf(8, () -> service.compact("s", MORE_THAN_FIVE, strategy));

        assertThat(strategy.runs).hasValue(2);
        assertThat(failures)
                .singleElement()
                .satisfies(failure -> assertThat(failure).hasMessage("down"));
        assertThat(active()).containsExactly("summary 2", "m10", "m11");
    }

    @Test
    void compact_strategyThrowsAndTheNextHasAnotherKind_theNextTries() throws Exception {
        CompactionStrategy broken = request -> {
            awaitWaiting(1);
            throw new IllegalStateException("down");
        };

        Future<CompactionResult> first = tasks.submit(() -> service.compact("s", MORE_THAN_FIVE, broken));
        await().until(() -> state.heldCount() == 1);
        CompactionResult second = service.compact("s", MORE_THAN_FIVE, strategy);

        assertThatThrownBy(() -> first.get(10, TimeUnit.SECONDS)).cause().hasMessage("down");
        assertThat(second.archivedEvents()).hasSize(8);
    }

    @Test
    void compact_strategyInterrupted_theNextTries() {
        List<Meanwhile> stopped = List.of(
                () -> {
                    Thread.currentThread().interrupt(); // as a channel does
                    throw new ClosedByInterruptException();
                },
                () -> {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("gave up");
                });
        strategy.meanwhile = () -> {
            int run = strategy.runs.get();
            if (run <= stopped.size()) {
                awaitWaiting(3 - run);
                stopped.get(run - 1).happens();
            }
        };

        List<Throwable> failures = failuresOf(3, () -> service.compact("s", MORE_THAN_FIVE, strategy));

        assertThat(strategy.runs).hasValue(3);
        assertThat(failures).hasSize(2).noneMatch(CompactionFailedException.class::isInstance);
        assertThat(active()).containsExactly("summary 3", "m9", "m10");
    }

    static List<Exception> stoppedByItself() {
        return List.of(
                new CancellationException("m10"),
                new IllegalStateException(new CancellationException("m10")),
                new IllegalStateException(new InterruptedException("m10")),
                new ExecutionException(new InterruptedException("m10")),
                new CompletionException(new InterruptedException("m10")));
    }

    /** Neither an exception that the strategy makes itself nor an interrupt of another thread stops this thread. */
    @ParameterizedTest
    @MethodSource("stoppedByItself")
    void compact_strategyThrowsACancellationOfItsOwn_runsItOnceAndAllFail(Exception thrown) {
        strategy.meanwhile = () -> {
            if (strategy.runs.get() == 1) {
                awaitWaiting(7);
            }
            throw thrown;
        };

        List<Throwable> failures = failuresOf(8, () -> service.compact("s", MORE_THAN_FIVE, strategy));

        assertThat(strategy.runs).hasValue(1);
        assertThat(failures)
                .hasSize(8)
                .filteredOn(CompactionFailedException.class::isInstance)
                .hasSize(7)
                .allSatisfy(failure -> assertThat(failure).hasMessageNotContaining("m10"));
        assertThat(active()).hasSize(10);
    }

    @Test
    void compact_strategyThrows_leavesTheHistory() {
        strategy.meanwhile = () -> {
            throw new IllegalStateException("down");
        };

        assertThatThrownBy(() -> service.compact("s", MORE_THAN_FIVE, strategy)).hasMessage("down");

        assertThat(active()).hasSize(10);
        assertThat(archived()).isEmpty();
    }

    @Test
    void compact_strategyCompactsItsOwnSession_failsAtOnce() {
        AtomicReference<Exception> nested = new AtomicReference<>();
        strategy.meanwhile = () -> {
            try {
                service.compact("s", MORE_THAN_FIVE, new KeepNewest(3));
            } catch (CompactionException e) {
                nested.set(e);
            }
        };

        service.compact("s", MORE_THAN_FIVE, strategy);

        assertThat(nested.get())
                .isExactlyInstanceOf(CompactionException.class)
                .hasMessageContaining("session 's' of agent 'planner'")
                .hasMessageContaining("would wait for itself");
        assertThat(active()).containsExactly("summary 1", "m9", "m10");
    }

    @Test
    void compact_insideTheCompactorOfTheSameState_worksUnderItsLease() {
        CompactionTemplate template = CompactionTemplate.builder(state, session -> {
                    CompactionResult result = service.compact(session, MORE_THAN_FIVE, strategy);
                    return result.archivedEvents().isEmpty() ? Optional.empty() : Optional.of("shortened");
                })
                .build();
        strategy.meanwhile = () -> assertThatThrownBy(() -> service.compact("s", ALWAYS, strategy))
                .isInstanceOf(CompactionException.class);
        long before = state.getLock("s").epoch();

        assertThat(template.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(template.compact("s")).isEqualTo(CompactionOutcome.NOTHING);

        assertThat(active()).containsExactly("summary 1", "m9", "m10");
        assertThat(state.getLock("s").epoch()).isEqualTo(before + 1);
    }

    @Test
    void compact_interruptedWhileWaiting_throwsAndRestoresTheFlag() throws Exception {
        AtomicBoolean flag = new AtomicBoolean();
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        try (SessionLock.Lease held = state.getLock("s").acquire()) {
            Future<CompactionResult> waiting = tasks.submit(() -> {
                thread.complete(Thread.currentThread());
                try {
                    return service.compact("s", MORE_THAN_FIVE, strategy);
                } finally {
                    flag.set(Thread.interrupted());
                }
            });
            awaitWaiting(1);
            thread.join().interrupt();

            assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isExactlyInstanceOf(CompactionException.class)
                    .hasMessageContaining("session 's' of agent 'planner'")
                    .hasCauseInstanceOf(InterruptedException.class);
        }
        assertThat(flag).isTrue();
        assertThat(strategy.runs).hasValue(0);
    }

    @Test
    void compact_leaseDoesNotComeInTime_throws() throws Exception {
        CoordinatedSessionService impatient = new CoordinatedSessionService(
                DefaultSessionService.builder().sessionRepository(repository).build(),
                repository,
                state,
                Duration.ofMillis(1));
        try (SessionLock.Lease held = state.getLock("s").acquire()) {
            assertThatThrownBy(() -> impatient.compact("s", MORE_THAN_FIVE, strategy))
                    .isInstanceOfSatisfying(
                            SessionLockTimeoutException.class,
                            e -> assertThat(e.waited()).isGreaterThanOrEqualTo(Duration.ofMillis(1)));
        }
        assertThat(impatient.openCalls()).isZero();
    }

    @Test
    void toString_namesAgentAndService() {
        assertThat(service)
                .hasToString("CoordinatedSessionService[SessionCompactionState[agent=planner, ttl=PT1H, maxSize=10000],"
                        + " DefaultSessionService]");
    }

    private CoordinatedSessionService decorate(SessionRepository sessions) {
        return decorate(sessions, state);
    }

    private static CoordinatedSessionService decorate(SessionRepository sessions, SessionCompactionState state) {
        return new CoordinatedSessionService(
                DefaultSessionService.builder().sessionRepository(sessions).build(), sessions, state);
    }

    private void say(String text) {
        service.appendEvent(event(text));
    }

    private static SessionEvent event(String text) {
        return SessionEvent.builder()
                .sessionId("s")
                .message(new UserMessage(text))
                .build();
    }

    private List<CompactionResult> together(int calls, Callable<CompactionResult> call) throws Exception {
        List<Future<CompactionResult>> started =
                IntStream.range(0, calls).mapToObj(i -> tasks.submit(call)).toList();
        List<CompactionResult> results = new ArrayList<>();
        for (Future<CompactionResult> each : started) {
            results.add(each.get(30, TimeUnit.SECONDS));
        }
        return results;
    }

    private List<Throwable> failuresOf(int calls, Callable<CompactionResult> call) {
        List<Future<CompactionResult>> started =
                IntStream.range(0, calls).mapToObj(i -> tasks.submit(call)).toList();
        List<Throwable> failures = new ArrayList<>();
        for (Future<CompactionResult> each : started) {
            try {
                each.get(30, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                failures.add(e.getCause());
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
        return failures;
    }

    private void awaitWaiting(int number) {
        await().until(() -> state.waitingCount() == number);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<String> active() {
        return texts(repository.findEvents("s", EventFilter.active()));
    }

    private List<String> archived() {
        return texts(repository.findEvents("s", EventFilter.all()).stream()
                .filter(SessionEvent::isArchived)
                .toList());
    }

    private static List<String> texts(List<SessionEvent> events) {
        return events.stream().map(event -> event.getMessage().getText()).toList();
    }
}
