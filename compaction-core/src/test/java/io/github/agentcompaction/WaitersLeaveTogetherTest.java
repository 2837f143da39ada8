package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.SessionLock.Lease;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All who wait for a compaction leave with its outcome at once; only those who need the lease stay in the queue. */
@Timeout(120)
class WaitersLeaveTogetherTest extends StateTest {

    private final FakeConversation conversation = new FakeConversation();
    private final RecordingListener listener = new RecordingListener();
    private final FakeTicker ticker = new FakeTicker();
    private final SessionCompactionState state =
            newState().agent("planner").ticker(ticker).listener(listener).build();
    private final SessionLock lock = state.getLock("s");
    private final CompactionTemplate template =
            CompactionTemplate.builder(state, conversation).build();
    private final CountDownLatch finish = new CountDownLatch(1);
    private IntSupplier waiting = state::waitingCount;

    private enum Form {
        BLOCKING,
        ASYNC
    }

    private Future<CompactionOutcome> compact(Form form, CompactionTemplate template) {
        long seen = lock.epoch();
        return form == Form.BLOCKING
                ? Tasks.start(() -> template.compact("s", seen))
                : template.compactAsync("s", seen);
    }

    /** One that compacts, until {@link #finish}, and so many who wait for it. */
    private List<Future<CompactionOutcome>> compacting(Form form, int waiters, Supplier<Optional<String>> end) {
        conversation.summarizer = () -> {
            Tasks.await(finish);
            return end.get();
        };
        List<Future<CompactionOutcome>> tasks = new ArrayList<>();
        tasks.add(compact(form, template));
        Tasks.spinUntil(() -> conversation.summaries.get() == 1);
        for (int i = 0; i < waiters; i++) {
            tasks.add(compact(form, template));
        }
        Tasks.spinUntil(() -> state.waitingCount() == waiters);
        return tasks;
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void compacted_allJoinWithoutTakingTheLease(Form form) {
        List<Future<CompactionOutcome>> tasks = compacting(form, 100, () -> Optional.of("summary"));

        finish.countDown();

        assertThat(Tasks.getAll(tasks))
                .containsOnlyOnce(CompactionOutcome.COMPACTED)
                .filteredOn(CompactionOutcome.JOINED::equals)
                .hasSize(100);
        assertThat(conversation.summaries).hasValue(1);
        assertThat(lock.isLocked()).isFalse();
        assertThat(state.waitingCount()).isZero();
        await().untilAsserted(() -> assertThat(listener.events("waitGivenUp")).hasSize(100));
        assertThat(listener.events("waitGivenUp")).allMatch(event -> event.endsWith(" RELEASED"));
        assertThat(listener.events("lockAcquired")).isEmpty();
        soon(() -> assertThat(listener.events("leaseClosed")).hasSize(1));
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void nothingToCompact_theCompactorIsAskedOnce(Form form) {
        List<Future<CompactionOutcome>> tasks = compacting(form, 500, Optional::empty);

        finish.countDown();

        assertThat(Tasks.getAll(tasks)).hasSize(501).containsOnly(CompactionOutcome.NOTHING);
        assertThat(conversation.summaries).hasValue(1);
        assertThat(listener.events("compactionEnded")).hasSize(501);
        assertThat(lock.isLocked()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void lastAllowedFailure_rejectsAllOthers(Form form) {
        List<Future<CompactionOutcome>> tasks = compacting(form, 100, () -> {
            throw new IllegalStateException("down");
        });

        finish.countDown();

        assertThat(tasks)
                .allSatisfy(task -> assertThat(Tasks.failure(task))
                        .isInstanceOf(CompactionFailedException.class)
                        .hasCauseInstanceOf(IllegalStateException.class));
        assertThat(tasks)
                .filteredOn(task -> ((CompactionFailedException) Tasks.failure(task)).rejected())
                .hasSize(98)
                .allSatisfy(task -> assertThat(Tasks.failure(task))
                        .hasMessage(
                                "Compacting session 's' of agent 'planner' was not tried: it failed 3 times in a row,"
                                        + " and the next try is allowed in 60000 ms."));
        assertThat(conversation.summaries).hasValue(3);
        soon(() -> assertThat(listener.events("lockAcquired")).hasSize(2));
        assertThat(lock.isLocked()).isFalse();
    }

    /** What a compactor throws of its own accord is its failure, whatever the name: else each waiter would call it. */
    @ParameterizedTest
    @EnumSource(Form.class)
    void cancellationOfTheCompactorsOwn_isAFailure(Form form) {
        List<Future<CompactionOutcome>> tasks = compacting(form, 500, () -> {
            throw new CancellationException();
        });

        finish.countDown();

        assertThat(tasks)
                .allSatisfy(task -> assertThat(Tasks.failure(task)).isInstanceOf(CompactionFailedException.class));
        assertThat(conversation.summaries).hasValue(3);
    }

    @Test
    void interruptedCompactor_leavesTheNextOneATryAndTheOthersJoinThat() {
        CountDownLatch never = new CountDownLatch(1);
        conversation.summarizer = () -> {
            try {
                if (conversation.summaries.get() == 1) {
                    never.await();
                }
                return Optional.of("summary");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        };
        Tasks.Started<CompactionOutcome> first = Tasks.startThread(() -> template.compact("s", lock.epoch()));
        Tasks.spinUntil(() -> conversation.summaries.get() == 1);
        List<Future<CompactionOutcome>> others = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            others.add(compact(i % 2 == 0 ? Form.BLOCKING : Form.ASYNC, template));
        }
        Tasks.spinUntil(() -> state.waitingCount() == 20);

        first.thread.interrupt();

        assertThat(Tasks.failure(first)).isExactlyInstanceOf(CompactionException.class);
        assertThat(Tasks.getAll(others))
                .containsOnlyOnce(CompactionOutcome.COMPACTED)
                .filteredOn(CompactionOutcome.JOINED::equals)
                .hasSize(19);
        assertThat(conversation.summaries).hasValue(2);
    }

    @Test
    void futureCancelled_itsCompactorsErrorIsNoFailure() {
        for (int i = 0; i < 5; i++) {
            CountDownLatch cancelled = new CountDownLatch(1);
            conversation.summarizer = () -> {
                Tasks.await(cancelled);
                throw new CancellationException("the model's call was cancelled, too");
            };
            int call = i + 1;
            CompletableFuture<CompactionOutcome> compaction = template.compactAsync("s", lock.epoch());
            Tasks.spinUntil(() -> conversation.summaries.get() == call);
            compaction.cancel(true);
            cancelled.countDown();
            Tasks.spinUntil(() -> !lock.isLocked());
        }
        conversation.summarizer = () -> Optional.of("summary");

        assertThat(template.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);
    }

    @Test
    void plainWaiters_stayInTheQueueAndGetTheLeaseInTheirOrder() {
        List<Future<CompactionOutcome>> joiners = compacting(Form.BLOCKING, 10, () -> Optional.of("summary"));
        CompletableFuture<Lease> plain = lock.acquireAsync();
        Future<CompactionOutcome> behind = compact(Form.BLOCKING, template);
        Tasks.spinUntil(() -> state.waitingCount() == 12);
        CompletableFuture<Lease> last = lock.acquireAsync();

        finish.countDown();

        Tasks.getAll(joiners);
        assertThat(Tasks.get(behind)).isEqualTo(CompactionOutcome.JOINED);
        Lease lease = Tasks.get(plain);
        assertThat(last).isNotDone();
        assertThat(state.waitingCount()).isOne();
        lease.close();
        Tasks.get(last).close();
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    void leaseByHand_compacted_releasesAtOnceAndKeepsTheLease() throws InterruptedException {
        try (Lease lease = lock.acquire()) {
            Future<CompactionOutcome> blocking = compact(Form.BLOCKING, template);
            Future<CompactionOutcome> async = compact(Form.ASYNC, template);
            Tasks.spinUntil(() -> state.waitingCount() == 2);

            lease.compacted();

            assertThat(Tasks.get(blocking)).isEqualTo(CompactionOutcome.JOINED);
            assertThat(Tasks.get(async)).isEqualTo(CompactionOutcome.JOINED);
            assertThat(lock.tryAcquire()).isEmpty();
        }
        assertThat(conversation.summaries).hasValue(0);
    }

    @Test
    void leaseByHand_closedWithoutCompaction_leavesTheNextOneATry() throws InterruptedException {
        List<Future<CompactionOutcome>> tasks = new ArrayList<>();
        try (Lease lease = lock.acquire()) {
            for (int i = 0; i < 10; i++) {
                tasks.add(compact(Form.BLOCKING, template));
            }
            Tasks.spinUntil(() -> state.waitingCount() == 10);
        }

        assertThat(Tasks.getAll(tasks)).containsOnlyOnce(CompactionOutcome.COMPACTED);
        assertThat(conversation.summaries).hasValue(1);
    }

    /** Between the move of the epoch and the close of the lease another overflow begins to wait; it has not been served. */
    @Test
    void newOverflowBeforeTheLeaseIsClosed_isNotReleased() {
        List<CompletableFuture<CompactionOutcome>> next = new ArrayList<>();
        try (CapturedLog log = new CapturedLog() {
            @Override
            public void publish(LogRecord record) { // told in between
                if (next.isEmpty()) {
                    next.add(Tasks.get(Tasks.start(() -> template.compactAsync("s", lock.epoch()))));
                }
            }
        }) {
            assertThat(template.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);
        }

        assertThat(Tasks.get(next.get(0))).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(conversation.summaries).hasValue(2);
    }

    /** A root task that joins takes the summary along. */
    @Test
    void summary_isStoredBeforeAnyWaiterIsReleased() {
        List<Integer> waitingWhenStored = new ArrayList<>();
        SessionCompactionState told = newState()
                .listener(new CompactionListener() {
                    @Override
                    public void summaryStored(String agent, String sessionId) {
                        waitingWhenStored.add(waiting.getAsInt());
                    }
                })
                .build();
        waiting = told::waitingCount;
        conversation.summarizer = () -> {
            Tasks.await(finish);
            return Optional.of("summary");
        };
        CompactionTemplate template =
                CompactionTemplate.builder(told, conversation).build();
        long seen = told.getLock("s").epoch();
        CompletableFuture<CompactionOutcome> first = template.compactAsync("s", seen);
        CompletableFuture<CompactionOutcome> second = template.compactAsync("s", seen);

        finish.countDown();

        assertThat(Tasks.get(first)).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(Tasks.get(second)).isEqualTo(CompactionOutcome.JOINED);
        assertThat(waitingWhenStored).containsExactly(1);
    }

    /** The lock is held, and this task has nothing to wait for. */
    @Test
    void lateArrival_whileAnotherCompactionRuns_doesNotWait() {
        long seen = lock.epoch();
        template.compact("s");
        try (Lease lease = lock.tryAcquire().orElseThrow()) {
            assertThat(template.compact("s", seen)).isEqualTo(CompactionOutcome.JOINED);
            assertThat(Tasks.get(template.compactAsync("s", seen))).isEqualTo(CompactionOutcome.JOINED);
        }
    }

    /** It compacts in another way, and may succeed where the first did not. */
    @Test
    void templateWithAnotherCompactor_isNotTouchedByTheFirstOnesOutcome() {
        FakeConversation better = new FakeConversation();
        CompactionTemplate other = CompactionTemplate.builder(state, better).build();
        List<Future<CompactionOutcome>> tasks = compacting(Form.BLOCKING, 2, Optional::empty);
        Future<CompactionOutcome> others = compact(Form.BLOCKING, other);
        Tasks.spinUntil(() -> state.waitingCount() == 3);

        finish.countDown();

        assertThat(Tasks.getAll(tasks)).containsOnly(CompactionOutcome.NOTHING);
        assertThat(Tasks.get(others)).isEqualTo(CompactionOutcome.COMPACTED);
    }

    @Test
    void templateWithAnotherCompactor_joinsWhatTheFirstHasCompacted() {
        FakeConversation never = new FakeConversation();
        CompactionTemplate other = CompactionTemplate.builder(state, never).build();
        List<Future<CompactionOutcome>> tasks = compacting(Form.BLOCKING, 1, () -> Optional.of("summary"));
        Future<CompactionOutcome> others = compact(Form.ASYNC, other);

        finish.countDown();

        Tasks.getAll(tasks);
        assertThat(Tasks.get(others)).isEqualTo(CompactionOutcome.JOINED);
        assertThat(never.summaries).hasValue(0);
    }

    @Test
    void veryManyFutures_leaveTogether() {
        List<Future<CompactionOutcome>> tasks = compacting(Form.ASYNC, rounds(100_000), () -> Optional.of("summary"));

        finish.countDown();

        assertThat(Tasks.getAll(tasks)).hasSize(rounds(100_000) + 1);
        assertThat(conversation.summaries).hasValue(1);
    }

    /** No thread is closing while it runs a caller's next step, and none waits behind a step that blocks. */
    @Test
    void releasedFutures_callBackOnThreadsThatMayBlock() {
        List<Future<CompactionOutcome>> tasks = compacting(Form.ASYNC, 50, () -> Optional.of("summary"));
        CountDownLatch allCalledBack = new CountDownLatch(50);
        List<Future<?>> steps = new ArrayList<>();
        tasks.subList(1, 51)
                .forEach(task -> steps.add(((CompletableFuture<CompactionOutcome>) task).thenRun(() -> {
                    allCalledBack.countDown();
                    Tasks.await(allCalledBack);
                })));

        finish.countDown();

        Tasks.getAll(tasks.subList(0, 1));
        assertThat(steps).allSatisfy(step -> assertThat(step).succeedsWithin(java.time.Duration.ofSeconds(60)));
    }

    /** The clock is the user's, and is read for each waiter that is told of. */
    @ParameterizedTest
    @EnumSource(Form.class)
    void clockThatThrows_losesNoWaiter(Form form) throws InterruptedException {
        AtomicInteger failures = new AtomicInteger();
        SessionCompactionState broken = newState()
                .listener(listener)
                .ticker(() -> {
                    if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                        throw new IllegalStateException("on purpose");
                    }
                    return 0;
                })
                .build();
        CompactionTemplate waiting =
                CompactionTemplate.builder(broken, conversation).build();
        SessionLock lock = broken.getLock("s");
        Lease lease = lock.acquire();
        long seen = lock.epoch();
        List<Future<CompactionOutcome>> tasks = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            tasks.add(
                    form == Form.BLOCKING
                            ? Tasks.start(() -> waiting.compact("s", seen))
                            : waiting.compactAsync("s", seen));
        }
        Tasks.spinUntil(() -> broken.waitingCount() == 20);

        failures.set(5);
        lease.compacted();
        Tasks.spinUntil(() -> failures.get() == 0);

        assertThat(tasks)
                .allSatisfy(task -> assertThat(task)
                        .as("ends, with the outcome or with the clock's error")
                        .satisfiesAnyOf(
                                ended -> assertThat(Tasks.get(ended)).isEqualTo(CompactionOutcome.JOINED),
                                ended -> assertThat(Tasks.failure(ended)).hasMessage("on purpose")));
        lease.close();
        assertThat(lock.isLocked()).isFalse();
    }

    /** Between its look at the failures and its place in the queue the last allowed failure happens. */
    @Test
    void lastAllowedFailure_justBeforeATaskQueues_rejectsThatTaskToo() {
        AtomicBoolean armed = new AtomicBoolean();
        CompactionTemplate[] failing = new CompactionTemplate[1];
        SessionCompactionState raced = newState()
                .ticker(() -> {
                    boolean queues = StackWalker.getInstance()
                            .walk(frames -> frames.anyMatch(
                                    frame -> frame.getMethodName().equals("queue")));
                    if (queues && armed.getAndSet(false)) {
                        Tasks.failure(Tasks.start(() -> failing[0].compact("s")));
                    }
                    return 0;
                })
                .build();
        failing[0] = CompactionTemplate.builder(raced, session -> {
                    conversation.summaries.incrementAndGet();
                    throw new IllegalStateException("down");
                })
                .build();
        catchThrowableOfType(CompactionFailedException.class, () -> failing[0].compact("s"));
        catchThrowableOfType(CompactionFailedException.class, () -> failing[0].compact("s"));
        armed.set(true);

        CompactionFailedException last =
                catchThrowableOfType(CompactionFailedException.class, () -> failing[0].compact("s"));

        assertThat(armed).isFalse();
        assertThat(last.rejected()).isTrue();
        assertThat(conversation.summaries).hasValue(3);
    }

    @Test
    void failure_isSharedWithTheNextOnes_notWithThoseWhoCameAfterASuccess() {
        conversation.summarizer = () -> {
            throw new IllegalStateException("down");
        };
        catchThrowableOfType(CompactionFailedException.class, () -> template.compact("s"));
        catchThrowableOfType(CompactionFailedException.class, () -> template.compact("s"));
        conversation.summarizer = () -> Optional.of("summary");
        template.compact("s");
        conversation.summarizer = () -> {
            throw new IllegalStateException("down again");
        };

        CompactionFailedException first =
                catchThrowableOfType(CompactionFailedException.class, () -> template.compact("s"));
        CompactionFailedException second =
                catchThrowableOfType(CompactionFailedException.class, () -> template.compact("s"));

        assertThat(first.rejected()).isFalse();
        assertThat(second.rejected()).isFalse();
    }
}
