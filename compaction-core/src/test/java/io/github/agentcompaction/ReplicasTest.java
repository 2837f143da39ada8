package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.FakeConversation.TooLong;
import io.github.agentcompaction.SessionLock.Lease;
import io.github.agentcompaction.StagedCompactor.Prepared;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several states on one store, as the replicas of a service are. */
@Timeout(120)
class ReplicasTest {

    private final FakeConversation conversation = new FakeConversation();

    private static MemoryStore store(boolean transactional) {
        return transactional ? new MemoryStore.Transactional() : new MemoryStore();
    }

    private static CompactionTemplate template(SessionCompactionState state, Compactor compactor) {
        return CompactionTemplate.builder(state, compactor)
                .contextLimit(TooLong.class::isInstance)
                .build();
    }

    private List<CompactionTemplate> templates(MemoryStore store, int replicas) {
        return store.replicas(replicas).stream()
                .map(state -> template(state, conversation))
                .toList();
    }

    private static CompletableFuture<CompactionOutcome> background(CompactionTemplate template, String session) {
        return template.compactInBackground(
                session, template.state().getLock(session).epoch(), Duration.ZERO);
    }

    // One summary

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void execute_tasksOfThreeReplicas_oneSummaryAndOneNotice(boolean transactional) {
        MemoryStore store = store(transactional);
        for (int round = 0; round < 20; round++) {
            String session = "s" + round;
            FakeConversation conversation = new FakeConversation();
            List<Future<CompactedReply<String>>> tasks = new ArrayList<>();
            for (SessionCompactionState state : store.replicas(3)) {
                CompactionTemplate template = template(state, conversation);
                tasks.addAll(Tasks.startTogether(8, () -> template.execute(session, conversation::answer)));
            }

            List<CompactedReply<String>> replies = Tasks.getAll(tasks);

            assertThat(conversation.summaries).hasValue(1);
            assertThat(replies).extracting(CompactedReply::value).containsOnly("answer");
            assertThat(replies.stream().filter(reply -> reply.summary().isPresent()))
                    .hasSize(1);
        }
    }

    @Test
    void execute_anotherReplicaCompactedSinceTheHistoryWasRead_joins() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        AtomicInteger calls = new AtomicInteger();

        String answer = template(state, conversation).executeSubtask("s", () -> {
            if (calls.incrementAndGet() == 1) {
                store.compactElsewhere("s");
                throw new TooLong();
            }
            return "answer";
        });

        assertThat(answer).isEqualTo("answer");
        assertThat(conversation.summaries).hasValue(0);
    }

    @Test
    void execute_anotherReplicaCompactedLongBefore_compacts() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        store.compactElsewhere("s");
        store.advance(store.lease().plusSeconds(1));

        template(state, conversation).executeSubtask("s", conversation::answer);

        assertThat(conversation.summaries).hasValue(1);
        assertThat(conversation.modelCalls).hasValue(2);
    }

    /** The one thing that a doubt costs. */
    @Test
    void execute_anotherReplicaCompactedAMomentBefore_paysOneRefusedCallAndNoSummaryMore() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        store.compactElsewhere("s");

        template(state, conversation).executeSubtask("s", conversation::answer);

        assertThat(conversation.summaries).hasValue(1);
        assertThat(conversation.modelCalls).hasValue(3);
    }

    @Test
    void execute_twoCompactionsInARow_areThisReplicasOwnAndNotTakenForOthers() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        AtomicInteger calls = new AtomicInteger();

        template(state, session -> Optional.of("summary")).executeSubtask("s", () -> {
            if (calls.incrementAndGet() <= 2) {
                throw new TooLong();
            }
            return "answer";
        });

        assertThat(calls).hasValue(3);
        assertThat(store.calls)
                .filteredOn(call -> call.equals("release s compacted"))
                .hasSize(2);
    }

    @Test
    void compact_readBeforeAndAfterAnotherReplicasCompaction_joinsAndCompacts() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        SessionLock lock = state.getLock("s");
        CompactionTemplate template = template(state, session -> Optional.of("summary"));
        store.compactElsewhere("s");
        store.advance(Duration.ofMinutes(1));

        assertThat(template.compact("s", lock.epoch(), Duration.ofMinutes(2))).isEqualTo(CompactionOutcome.JOINED);
        assertThat(template.compact("s", lock.epoch(), Duration.ofSeconds(2))).isEqualTo(CompactionOutcome.COMPACTED);
    }

    /** They wait here while another replica compacts, and leave at once when it has. */
    @Test
    void compact_waitersOfAnotherReplica_leaveTogether() {
        MemoryStore store = new MemoryStore();
        List<SessionCompactionState> replicas = store.replicas(2);
        CountDownLatch mayCompact = new CountDownLatch(1);
        conversation.summarizer = () -> {
            Tasks.await(mayCompact);
            return Optional.of("summary");
        };
        Future<CompactionOutcome> compacting =
                Tasks.start(() -> template(replicas.get(0), conversation).compact("s"));
        await().until(() -> conversation.summaries.get() == 1);
        CompactionTemplate other = template(replicas.get(1), conversation);
        List<Future<CompactionOutcome>> waiting = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            waiting.add(Tasks.start(() -> other.compact("s")));
            waiting.add(other.compactAsync("s", replicas.get(1).getLock("s").epoch()));
        }
        await().until(() -> replicas.get(1).waitingCount() == 100);
        int asked = store.calls.size();

        mayCompact.countDown();

        assertThat(Tasks.get(compacting)).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(Tasks.getAll(waiting)).containsOnly(CompactionOutcome.JOINED);
        assertThat(store.calls.size() - asked)
                .as("questions for a hundred waiters")
                .isLessThan(20);
    }

    // In the background

    @Test
    void compactInBackground_sessionOfAnotherReplica_joinsAtOnceAndLeavesItsPlaceToOthers() {
        MemoryStore store = new MemoryStore();
        List<SessionCompactionState> replicas = store.replicas(2);
        CompactionTemplate template = CompactionTemplate.builder(replicas.get(1), conversation)
                .maxBackground(1)
                .build();
        Lease lease = replicas.get(0).getLock("s").tryAcquire().orElseThrow();

        assertThat(Tasks.get(background(template, "s"))).isEqualTo(CompactionOutcome.JOINED);

        await().until(() -> template.background().running() == 0);
        assertThat(replicas.get(1).waitingCount()).isZero();
        assertThat(Tasks.get(background(template, "other"))).isEqualTo(CompactionOutcome.COMPACTED);
        lease.close();
        await().until(() -> template.background().running() == 0);
        assertThat(Tasks.get(background(template, "s"))).isEqualTo(CompactionOutcome.COMPACTED);
    }

    @Test
    void compactInBackground_sessionOfAnotherReplica_tasksThatNeedItGoOnWaiting() {
        MemoryStore store = new MemoryStore();
        List<SessionCompactionState> replicas = store.replicas(2);
        CompactionTemplate template = template(replicas.get(1), conversation);
        SessionLock here = replicas.get(1).getLock("s");
        Lease lease = replicas.get(0).getLock("s").tryAcquire().orElseThrow();
        CountDownLatch mayAnswer = new CountDownLatch(1);
        Future<?> answering = store.holdAnswers(mayAnswer);

        CompletableFuture<CompactionOutcome> first = background(template, "s");
        CompletableFuture<CompactionOutcome> behind = template.compactAsync("s", here.epoch());
        CompletableFuture<CompactionOutcome> last = background(template, "s");
        assertThat(replicas.get(1).waitingCount()).isEqualTo(2);
        mayAnswer.countDown();
        Tasks.get(answering);

        assertThat(Tasks.getAll(List.of(first, last))).containsOnly(CompactionOutcome.JOINED);
        assertThat(behind).isNotDone();
        assertThat(Tasks.get(background(template, "s"))).isEqualTo(CompactionOutcome.JOINED); // one waits already
        assertThat(replicas.get(1).waitingCount()).isEqualTo(1);
        lease.close();
        assertThat(Tasks.get(behind)).isEqualTo(CompactionOutcome.COMPACTED);
    }

    /** One that writes by itself has written before anything could be checked. */
    @Test
    void compact_oneStepCompactorThatLostItsLease_saysThatTheHistoryWasWritten() {
        MemoryStore store = new MemoryStore.Transactional();
        SessionCompactionState state = store.replicas(1).get(0);

        assertThatThrownBy(() -> template(state, session -> {
                            store.steal("s");
                            return Optional.of("summary");
                        })
                        .compact("s"))
                .isInstanceOf(LeaseLostException.class)
                .hasMessageContaining("The history was written before that was noticed");
    }

    // Taking and giving up

    @Test
    void tryAcquire_heldByAnotherReplica_isEmptyUntilItCloses() throws InterruptedException {
        MemoryStore store = new MemoryStore();
        List<SessionCompactionState> replicas = store.replicas(2);
        SessionLock here = replicas.get(0).getLock("s");
        SessionLock there = replicas.get(1).getLock("s");

        Lease lease = here.tryAcquire().orElseThrow();
        assertThat(there.tryAcquire()).isEmpty();
        assertThat(there.tryAcquire(Duration.ofMillis(50))).isEmpty();
        assertThat(there.isLocked()).isFalse();
        Future<Lease> waiting = Tasks.start(there::acquire);
        await().until(() -> replicas.get(1).waitingCount() == 1);
        lease.close();

        Lease next = Tasks.get(waiting);
        assertThat(next.fence()).isGreaterThan(lease.fence());
        assertThat(there.isLocked()).isTrue();
        next.close();
        await().untilAsserted(() -> assertThat(store.row("s").owner).isNull());
    }

    @Test
    void acquire_headGivesUp_theNextOneGoesOn() {
        MemoryStore store = new MemoryStore();
        List<SessionCompactionState> replicas = store.replicas(2);
        Lease lease = replicas.get(0).getLock("s").tryAcquire().orElseThrow();
        SessionLock there = replicas.get(1).getLock("s");
        CompletableFuture<Lease> cancelled = there.acquireAsync();
        Tasks.Started<Lease> interrupted = Tasks.startThread(there::acquire);
        CompletableFuture<Lease> last = there.acquireAsync();
        await().until(() -> replicas.get(1).waitingCount() == 3);

        cancelled.cancel(false);
        interrupted.thread.interrupt();
        assertThat(Tasks.failure(interrupted)).isInstanceOf(InterruptedException.class);
        assertThat(last).isNotDone();
        lease.close();

        Tasks.get(last).close();
    }

    @Test
    void acquire_allGiveUpWhileTheStoreGrants_nothingIsHeld() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        for (int round = 0; round < 500; round++) {
            CompletableFuture<Lease> waiting = state.getLock("s").acquireAsync();
            Thread.yield();
            waiting.whenComplete((lease, failure) -> {
                if (lease != null) {
                    lease.close();
                }
            });
            waiting.cancel(false);
        }

        await().untilAsserted(() -> assertThat(store.row("s").owner).isNull());
        assertThat(state.waitingCount()).isZero();
        assertThat(state.getLock("s").tryAcquire()).isPresent();
    }

    @Test
    void acquire_noSignals_asksAgainByItself() {
        MemoryStore store = new MemoryStore();
        store.setSilent(true);
        List<SessionCompactionState> replicas = store.replicas(2);
        Lease lease = replicas.get(0).getLock("s").tryAcquire().orElseThrow();
        CompletableFuture<Lease> waiting = replicas.get(1).getLock("s").acquireAsync();
        await().until(() -> store.calls.stream().filter("acquire s"::equals).count() > 3);

        lease.close();

        Tasks.get(waiting).close();
    }

    @Test
    void acquire_answerLost_isUndoneAndAskedAgain() {
        MemoryStore store = new MemoryStore();
        List<SessionCompactionState> replicas = store.replicas(2);
        Lease lease = replicas.get(0).getLock("s").tryAcquire().orElseThrow();
        CompletableFuture<Lease> waiting = replicas.get(1).getLock("s").acquireAsync();
        await().until(() -> store.calls.contains("acquire s")
                && !replicas.get(1).getLock("s").isLocked());
        await().until(() -> store.calls.stream().filter("acquire s"::equals).count() > 2);

        store.setLosesAnswers(true);
        lease.close();
        await().until(() -> store.calls.contains("abandon s"));
        store.setLosesAnswers(false);

        Tasks.get(waiting).close();
    }

    @Test
    void droppedLease_isGivenBackAtTheStore() {
        MemoryStore store = new MemoryStore(Duration.ofMillis(300));
        List<SessionCompactionState> replicas = store.replicas(2);
        drop(replicas.get(0));

        Garbage.collectUntil(() -> replicas.get(1).getLock("s").tryAcquire().isPresent());
    }

    private static void drop(SessionCompactionState state) {
        Reference.reachabilityFence(state.getLock("s").tryAcquire().orElseThrow());
    }

    // Renewal and loss

    @Test
    void lease_heldForLongerThanItLasts_isRenewed() throws InterruptedException {
        MemoryStore store = new MemoryStore(Duration.ofSeconds(2));
        List<SessionCompactionState> replicas = store.replicas(2);
        Lease lease = replicas.get(0).getLock("s").tryAcquire().orElseThrow();

        await().until(() -> store.calls.stream().filter("renew s"::equals).count() >= 4);

        assertThat(replicas.get(1).getLock("s").tryAcquire()).isEmpty();
        assertThat(lease.lost()).isFalse();
        lease.close();
        await().until(() ->
                replicas.get(1).getLock("s").tryAcquire(Duration.ZERO).isPresent());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void execute_leaseLost_failsAndWritesNothing(boolean transactional) {
        MemoryStore store = store(transactional);
        SessionCompactionState state = store.replicas(1).get(0);
        SessionLock lock = state.getLock("s");
        long epoch = lock.epoch();
        AtomicBoolean applied = new AtomicBoolean();
        AtomicInteger calls = new AtomicInteger();
        StagedCompactor compactor = session -> {
            store.steal("s");
            return Optional.of(new FakePrepared("summary", applied));
        };

        assertThatThrownBy(() -> template(state, compactor).execute("s", () -> {
                    calls.incrementAndGet();
                    throw new TooLong();
                }))
                .isInstanceOf(LeaseLostException.class)
                .hasMessage(
                        "The lease of session 's' of agent 'planner' was lost to another replica, because this process has"
                                + " not renewed it for longer than 30 s. What it had prepared was not written; the history may be"
                                + " another one now. Try again.");

        assertThat(calls).hasValue(1);
        assertThat(applied).isFalse();
        assertThat(lock.epoch()).isEqualTo(epoch);
        assertThat(store.row("s").epoch).isEqualTo(1000);
        assertThat(state.getSummary("s")).isEmpty();
    }

    @Test
    void compactionEnded_ofALostLease_isToldAfterItWasGivenBack() {
        MemoryStore store = new MemoryStore.Transactional();
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        AtomicReference<SessionLock> lock = new AtomicReference<>();
        SessionCompactionState state = SessionCompactionState.builder()
                .store(store)
                .listener(new CompactionListener() {
                    @Override
                    public void compactionEnded(String agent, String sessionId, CompactionReport report) {
                        told.add(report.outcome()
                                + (Objects.requireNonNull(lock.get()).isLocked() ? ", held" : ""));
                    }
                })
                .build();
        lock.set(state.getLock("s"));
        CompactionTemplate template = template(state, session -> {
            store.steal("s");
            return Optional.of("summary");
        });

        assertThatThrownBy(() -> template.compact("s")).isInstanceOf(LeaseLostException.class);

        assertThat(told).containsExactly("FAILED");
    }

    /** Without transactions nothing can stop that. */
    @Test
    void execute_leaseLostWhileTheHistoryIsWritten_saysSo() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        StagedCompactor compactor = session -> Optional.of(new FakePrepared("summary", new AtomicBoolean()) {
            @Override
            public boolean apply() {
                store.steal("s");
                return true;
            }
        });

        assertThatThrownBy(() -> template(state, compactor).compact("s"))
                .isInstanceOf(LeaseLostException.class)
                .hasMessageContaining("The history was written before that was noticed");
        assertThat(store.row("s").epoch).isEqualTo(1000);
        assertThat(state.getSummary("s")).isEmpty();
    }

    @Test
    void compacted_leaseLost_throwsAndMovesNothing() {
        MemoryStore store = new MemoryStore();
        SessionLock lock = store.replicas(1).get(0).getLock("s");
        long epoch = lock.epoch();
        Lease lease = lock.tryAcquire().orElseThrow();
        store.steal("s");

        assertThatThrownBy(lease::compacted).isInstanceOf(LeaseLostException.class);

        assertThat(lease.lost()).isTrue();
        assertThat(lock.epoch()).isEqualTo(epoch);
        lease.close();
        assertThat(store.row("s").owner).isEqualTo("thief/1");
    }

    @Test
    void lost_noticedByRenewal_isToldAndLetsTheNextOnesWaitForTheOther() {
        MemoryStore store = new MemoryStore(Duration.ofMillis(300));
        List<String> lost = Collections.synchronizedList(new ArrayList<>());
        SessionCompactionState state = SessionCompactionState.builder()
                .agent("planner")
                .store(store)
                .listener(new CompactionListener() {
                    @Override
                    public void leaseLost(String agent, String sessionId) {
                        lost.add(agent + " " + sessionId);
                    }
                })
                .build();
        SessionLock lock = state.getLock("s");
        Lease lease = lock.tryAcquire().orElseThrow();
        CompletableFuture<CompactionOutcome> waiting =
                template(state, conversation).compactAsync("s", lock.epoch());

        store.steal("s");
        await().untilAsserted(() -> assertThat(lost).containsExactly("planner s"));
        assertThat(lease.lost()).isTrue();
        store.compactElsewhere("s");

        assertThat(Tasks.get(waiting)).isEqualTo(CompactionOutcome.JOINED);
        assertThat(conversation.summaries).hasValue(0);
        lease.close();
    }

    @Test
    void execute_writeThrows_isACompactorsFailureAndFreesTheLease() {
        MemoryStore store = new MemoryStore.Transactional();
        List<SessionCompactionState> replicas = store.replicas(2);
        StagedCompactor compactor = session -> Optional.of(new FakePrepared("summary", new AtomicBoolean()) {
            @Override
            public boolean apply() {
                throw new IllegalStateException("history");
            }
        });

        assertThatThrownBy(() -> template(replicas.get(0), compactor).compact("s"))
                .isInstanceOf(CompactionFailedException.class)
                .hasMessageContaining("the compactor threw java.lang.IllegalStateException");

        await().untilAsserted(() -> assertThat(store.row("s").owner).isNull());
        assertThat(store.row("s").epoch).isEqualTo(1000);
        assertThat(replicas.get(1).getSummary("s")).isEmpty();
    }

    // A store that is down

    @Test
    void execute_storeDown_overflowFailsAndOthersGoOn() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        CompactionTemplate template = template(state, conversation);
        store.setDown(true);

        assertThat(template.execute("other", () -> "answer").value()).isEqualTo("answer");
        assertThatThrownBy(() -> template.execute("s", conversation::answer))
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessage(
                        "The store of the lease of session 's' of agent 'planner' does not answer, so this task could not"
                                + " ask for it. Try again when it is back.");
        assertThatThrownBy(() -> state.getLock("s").tryAcquire()).isInstanceOf(StoreUnavailableException.class);
        assertThatThrownBy(() -> state.getLock("s").acquire()).isInstanceOf(StoreUnavailableException.class);
        assertThat(Tasks.failure(state.getLock("s").acquireAsync())).isInstanceOf(StoreUnavailableException.class);
        assertThat(Tasks.failure(template.compactAsync("s", state.getLock("s").epoch())))
                .isInstanceOf(StoreUnavailableException.class);
        assertThat(state.waitingCount()).isZero();

        store.setDown(false);
        assertThat(template.execute("s", conversation::answer).value()).isEqualTo("answer");
        assertThat(conversation.summaries).hasValue(1);
    }

    @Test
    void execute_storeDown_isLoggedOnceForEachOutage() {
        MemoryStore store = new MemoryStore();
        CompactionTemplate template = templates(store, 1).get(0);
        try (CapturedLog log = new CapturedLog()) {
            for (int outage = 0; outage < 2; outage++) {
                store.setDown(true);
                for (int i = 0; i < 3; i++) {
                    assertThatThrownBy(() -> template.compact("s")).isInstanceOf(StoreUnavailableException.class);
                }
                store.setDown(false);
                template.compact("s");
            }

            assertThat(log.messages())
                    .filteredOn(
                            message -> message.contains("does not answer (ACQUIRE: java.lang.IllegalStateException)"))
                    .hasSize(2)
                    // Tasks do not just go on where the history is in the same database.
                    .allMatch(message -> message.contains("the history, cannot be read"))
                    .noneMatch(message -> message.contains("go on"));
            assertThat(log.messages())
                    .filteredOn(message -> message.contains("answers again"))
                    .hasSize(2);
        }
    }

    @Test
    void acquire_storeDownWhileItWaits_goesOnWhenItIsBack() {
        MemoryStore store = new MemoryStore();
        List<SessionCompactionState> replicas = store.replicas(2);
        Lease lease = replicas.get(0).getLock("s").tryAcquire().orElseThrow();
        SessionLock there = replicas.get(1).getLock("s");
        CompletableFuture<Lease> waiting = there.acquireAsync();
        await().until(() -> store.calls.stream().filter("acquire s"::equals).count() > 2);
        CompletableFuture<Lease> later = there.acquireAsync();

        store.setDown(true);
        await().until(() -> store.calls.contains("abandon s"));
        assertThat(Tasks.failure(there.acquireAsync())).isInstanceOf(StoreUnavailableException.class);
        assertThat(waiting).isNotDone();
        assertThat(later).isNotDone();
        store.setDown(false);
        lease.close();

        Tasks.get(waiting).close();
        Tasks.get(later).close();
    }

    @Test
    void acquire_storeDownWhileItWaitsBehindAHolderHere_goesOnWhenItIsBack() {
        MemoryStore store = new MemoryStore();
        SessionLock lock = store.replicas(1).get(0).getLock("s");
        Lease lease = lock.tryAcquire().orElseThrow();
        CompletableFuture<Lease> first = lock.acquireAsync();
        CompletableFuture<Lease> second = lock.acquireAsync();

        store.setDown(true);
        lease.close();
        await().until(() -> store.calls.contains("abandon s"));
        assertThat(Tasks.failure(lock.acquireAsync())).isInstanceOf(StoreUnavailableException.class);
        assertThat(first).isNotDone();
        assertThat(second).isNotDone();
        store.setDown(false);

        Tasks.get(first).close();
        Tasks.get(second).close();
    }

    @Test
    void execute_storeDownAndLocal_goesOnAlone() {
        MemoryStore store = new MemoryStore();
        List<String> alone = Collections.synchronizedList(new ArrayList<>());
        SessionCompactionState state = SessionCompactionState.builder()
                .store(store)
                .summaries(store)
                .onUnavailable(OnUnavailable.LOCAL)
                .listener(new CompactionListener() {
                    @Override
                    public void storeUnavailable(String agent, String sessionId) {
                        alone.add(sessionId);
                    }
                })
                .build();
        store.setDown(true);

        CompactionTemplate template = template(state, conversation);
        List<CompactedReply<String>> replies =
                Tasks.getAll(Tasks.startTogether(8, () -> template.execute("s", conversation::answer)));

        assertThat(conversation.summaries).hasValue(1);
        assertThat(replies.stream().filter(reply -> reply.summary().isPresent()))
                .hasSize(1);
        await().untilAsserted(() -> assertThat(alone).isNotEmpty());
    }

    @Test
    void execute_storeDownAndLocal_showsTheSummaryAlsoOfATransactionalStore() {
        MemoryStore store = new MemoryStore.Transactional();
        SessionCompactionState state = SessionCompactionState.builder()
                .store(store)
                .summaries(store)
                .onUnavailable(OnUnavailable.LOCAL)
                .build();
        store.setDown(true);
        AtomicBoolean applied = new AtomicBoolean();
        StagedCompactor compactor = session -> Optional.of(new FakePrepared("summary", applied));
        CompactionTemplate template = template(state, compactor);

        assertThat(template.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);

        assertThat(applied).isTrue();
        assertThat(state.popSummary("s")).contains("summary");
    }

    @Test
    void execute_storeDownAtTheCommit_isNoFailureOfTheCompactor() {
        MemoryStore store = new MemoryStore.Transactional();
        SessionCompactionState state = store.replicas(1).get(0);
        AtomicBoolean applied = new AtomicBoolean();
        CompactionTemplate template = CompactionTemplate.builder(state, (StagedCompactor) session -> {
                    store.setDown(!applied.get());
                    return Optional.of(new FakePrepared("summary", applied));
                })
                .maxFailures(1)
                .build();

        assertThatThrownBy(() -> template.compact("s")).isInstanceOf(StoreUnavailableException.class);
        applied.set(true);
        store.setDown(false);

        assertThat(template.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);
    }

    // Transactions

    @Test
    void compact_insideATransaction_isRefusedBeforeAnythingIsPaid() {
        MemoryStore.Transactional store = new MemoryStore.Transactional();
        SessionCompactionState state = store.replicas(1).get(0);
        CompactionTemplate template = template(state, conversation);
        store.inTransaction = true;

        assertThatThrownBy(() -> template.compact("s"))
                .isInstanceOf(CompactionException.class)
                .hasMessage("This thread is in a transaction.");
        assertThatThrownBy(() -> state.getLock("s").acquire()).isInstanceOf(CompactionException.class);
        assertThatThrownBy(() -> state.getLock("s").tryAcquire()).isInstanceOf(CompactionException.class);
        assertThat(Tasks.failure(state.getLock("s").acquireAsync())).isInstanceOf(CompactionException.class);
        assertThat(Tasks.failure(template.compactAsync("s", 0))).isInstanceOf(CompactionException.class);

        assertThat(conversation.summaries).hasValue(0);
        assertThat(store.calls).isEmpty();
        assertThat(template.execute("s", () -> "answer").value()).isEqualTo("answer");
    }

    /** Each answer would be refused for the same reason, and each is counted. */
    @Test
    void compactInBackground_insideATransaction_fails_andSaysOnceWhatToDo() {
        MemoryStore.Transactional store = new MemoryStore.Transactional();
        RecordingListener listener = new RecordingListener();
        SessionCompactionState state = SessionCompactionState.builder()
                .agent("planner")
                .store(store)
                .listener(listener)
                .build();
        CompactionTemplate template = template(state, conversation);
        store.inTransaction = true;

        try (CapturedLog log = new CapturedLog()) {
            for (String session : List.of("s", "s", "other")) {
                assertThat(Tasks.get(background(template, session))).isEqualTo(CompactionOutcome.FAILED);
            }
            assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .startsWith("The history of session 's' of agent 'planner' was not compacted in the background. ")
                    .contains("This thread is in a transaction.");
        }
        assertThat(listener.reports).hasSize(3).allSatisfy(report -> {
            assertThat(report.outcome()).isEqualTo(CompactionOutcome.FAILED);
            assertThat(report.trigger()).isEqualTo(CompactionTrigger.BACKGROUND);
        });
        assertThat(listener.events("compactionStarted")).isEmpty();
        assertThat(store.calls).isEmpty();
        assertThat(template.background().running()).isZero();

        store.inTransaction = false;
        assertThat(Tasks.get(background(template, "s"))).isEqualTo(CompactionOutcome.COMPACTED);
    }

    /** The listeners' own transactions would be part of it, and what they throw would undo it. */
    @Test
    void compact_listeners_areNotCalledInsideTheTransaction() {
        MemoryStore.Transactional store = new MemoryStore.Transactional();
        List<String> inside = Collections.synchronizedList(new ArrayList<>());
        SessionCompactionState state = SessionCompactionState.builder()
                .store(store)
                .summaries(store)
                .listener(new CompactionListener() {
                    @Override
                    public void storeCalled(
                            String agent, StoreOperation operation, StoreOutcome outcome, Duration took) {
                        if (store.mutex.isHeldByCurrentThread()) {
                            inside.add(operation.name());
                        }
                    }

                    @Override
                    public void summaryStored(String agent, String sessionId) {
                        if (store.mutex.isHeldByCurrentThread()) {
                            inside.add("stored");
                        }
                    }
                })
                .build();

        template(state, session -> Optional.of("summary")).compact("s");

        assertThat(inside).isEmpty();
        assertThat(state.popSummary("s")).contains("summary");
    }

    // Summaries

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void summary_ofAProcessThatHasEnded_isShownByTheNext(boolean transactional) {
        MemoryStore store = store(transactional);
        templates(store, 1).get(0).executeSubtask("s", conversation::answer);

        CompactedReply<String> reply = templates(store, 1).get(0).execute("s", conversation::answer);

        assertThat(reply.summary()).contains("summary 1");
        assertThat(conversation.summaries).hasValue(1);
    }

    @Test
    void storeSummary_storeDown_isShownByThisProcess() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        store.setDown(true);

        state.storeSummary("s", "summary");

        assertThat(state.getSummary("s")).contains("summary");
        store.setDown(false);
        assertThat(state.popSummary("s")).contains("summary");
        assertThat(state.popSummary("s")).isEmpty();
    }

    @Test
    void storeSummary_newerOneInTheStore_isTheOneThatIsShown() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        store.setDown(true);
        state.storeSummary("s", "older");
        store.setDown(false);

        state.storeSummary("s", "newer");

        assertThat(state.popSummary("s")).contains("newer");
        assertThat(state.popSummary("s")).isEmpty();
    }

    @Test
    void popSummary_answerLost_isShownOnceLater() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        state.storeSummary("s", "summary");
        store.setLosesAnswers(true);
        assertThat(state.popSummary("s")).isEmpty();
        store.setLosesAnswers(false);

        await().atMost(Duration.ofSeconds(20)).until(() -> state.popSummary("s"), Optional.of("summary")::equals);

        assertThat(state.popSummary("s")).isEmpty();
    }

    @Test
    void executeAsync_cancelledAsTheSummaryComes_leavesItForTheNext() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        CompactionTemplate template = template(state, conversation);
        for (int round = 0; round < 200; round++) {
            state.storeSummary("s", "summary");
            CompletableFuture<CompactedReply<String>> reply = template.executeAsync("s", () -> Tasks.done("answer"));
            Thread.yield();
            boolean delivered = !reply.cancel(false) && reply.join().summary().isPresent();

            if (!delivered) {
                await().until(() -> state.popSummary("s").isPresent());
            }
            assertThat(state.popSummary("s")).isEmpty();
        }
    }

    /** An outage is as long as it is, and each answer in it asks for a summary: what has not reached the store is not kept. */
    @Test
    void popSummary_storeDown_notesOnlyATakerThatHasAsked() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        store.setDown(true);

        state.popSummary("asked");
        state.popSummary("not asked");

        assertThat(store.calls).containsExactly("take asked");
        assertThat(((SharedSummaries) state.summaries()).unanswered.asMap()).containsOnlyKeys("asked");
    }

    @Test
    void popSummary_answersOfTwoTakersLost_isShownOnceLater() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState state = store.replicas(1).get(0);
        state.storeSummary("s", "summary");
        store.setLosesAnswers(true);
        Tasks.getAll(Tasks.startTogether(2, () -> state.popSummary("s")));
        store.setLosesAnswers(false);

        await().atMost(Duration.ofSeconds(20)).until(() -> state.popSummary("s"), Optional.of("summary")::equals);

        assertThat(state.popSummary("s")).isEmpty();
    }

    @Test
    void replica_anyCharacters_makeATokenThatEveryStoreTakes() {
        MemoryStore store = new MemoryStore();
        SessionCompactionState.builder()
                .store(store)
                .replica("höst\n1")
                .build()
                .getLock("s")
                .tryAcquire()
                .orElseThrow();

        assertThat(store.row("s").owner).startsWith("h?st?1/");
    }

    @Test
    void executeAsync_callbacksOfTheReply_areNotOnAThreadOfTheStore() {
        MemoryStore store = new MemoryStore();
        CompactionTemplate template = templates(store, 1).get(0);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch mayAnswer = new CountDownLatch(1);
        Future<?> holder = Tasks.start(() -> {
            store.mutex.lock();
            busy.countDown();
            Tasks.await(mayAnswer);
            store.mutex.unlock();
            return true;
        });
        Tasks.await(busy);

        CompletableFuture<String> thread = template.executeAsync("s", () -> Tasks.done("answer"))
                .thenApply(reply -> Thread.currentThread().getName());
        mayAnswer.countDown(); // only now: the callback is there

        Tasks.get(holder);
        assertThat(Tasks.get(thread)).startsWith("agent-compaction-");
    }

    @Test
    void listeners_areToldOneAfterAnotherInOrder_andOnNoThreadOfTheStore() {
        MemoryStore store = new MemoryStore();
        List<String> events = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger telling = new AtomicInteger();
        AtomicBoolean wrong = new AtomicBoolean();
        SessionLock lock = SessionCompactionState.builder()
                .store(store)
                .listener(new CompactionListener() {
                    @Override
                    public void storeCalled(
                            String agent, StoreOperation operation, StoreOutcome outcome, Duration took) {
                        if (telling.incrementAndGet() > 1
                                || !Thread.currentThread().getName().startsWith("agent-compaction-")) {
                            wrong.set(true);
                        }
                        events.add(operation.name());
                        telling.decrementAndGet();
                    }
                })
                .build()
                .getLock("s");
        for (int round = 0; round < 500; round++) {
            Tasks.get(lock.acquireAsync()).close();
        }

        await().until(() -> events.size() == 1_000);
        for (int i = 0; i < 1_000; i++) {
            assertThat(events.get(i)).isEqualTo(i % 2 == 0 ? "ACQUIRE" : "RELEASE");
        }
        assertThat(wrong).isFalse();
    }

    /** A prepared summary that notes whether it was put in place. */
    private static class FakePrepared implements Prepared {
        private final String summary;
        private final AtomicBoolean applied;

        FakePrepared(String summary, AtomicBoolean applied) {
            this.summary = summary;
            this.applied = applied;
        }

        @Override
        public String summary() {
            return summary;
        }

        @Override
        public boolean apply() {
            applied.set(true);
            return true;
        }
    }
}
