package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.SessionLock.Lease;
import io.github.agentcompaction.StagedCompactor.Prepared;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes wrong while a lease is sought at the store, or given back, keeps nobody waiting and locks nobody out. */
@Timeout(120)
class SharedLockFaultsTest {

    private final MemoryStore store = new MemoryStore();
    private final RecordingListener listener = new RecordingListener();

    private SessionCompactionState.Builder state() {
        return SessionCompactionState.builder()
                .agent("planner")
                .store(store)
                .summaries(store)
                .listener(listener);
    }

    /** A waiter that has given up, and is kept in the queue by a callback until it is released. */
    private static Future<Boolean> giveUpSlowly(CompletableFuture<Lease> waiter, CountDownLatch release) {
        CountDownLatch givingUp = new CountDownLatch(1);
        waiter.whenComplete((lease, failure) -> {
            givingUp.countDown();
            Tasks.await(release);
        });
        Future<Boolean> cancelled = Tasks.start(() -> waiter.cancel(false));
        Tasks.await(givingUp);
        return cancelled;
    }

    @Test
    void waiterIsSlowToLeave_storeIsNotAskedMeanwhile() {
        SessionLock lock = state().build().getLock("s");
        CountDownLatch release = new CountDownLatch(1);
        Lease held = lock.tryAcquire().orElseThrow();
        Future<Boolean> leaving = giveUpSlowly(lock.acquireAsync(), release);

        held.close();

        Tasks.get(lock.acquireAsync()).close();
        assertThat(store.calls.stream().filter("acquire s"::equals).count()).isLessThanOrEqualTo(4);
        release.countDown();
        assertThat(Tasks.get(leaving)).isTrue();
        await().untilAsserted(() -> assertThat(listener.events("waitGivenUp")).hasSize(1));
    }

    @Test
    void waiterIsSlowToLeaveWhileTheStoreIsDown_theNextIsServedLocally() {
        SessionLock lock = state().onUnavailable(OnUnavailable.LOCAL).build().getLock("s");
        CountDownLatch release = new CountDownLatch(1);
        Lease held = lock.tryAcquire().orElseThrow();
        Future<Boolean> leaving = giveUpSlowly(lock.acquireAsync(), release);
        store.setDown(true);

        held.close();

        Tasks.get(lock.acquireAsync()).close();
        release.countDown();
        assertThat(Tasks.get(leaving)).isTrue();
        await().until(() -> !lock.isLocked());
    }

    @Test
    void clockFailsWhileTheLeaseIsGranted_waiterIsToldAndTheNextGetsTheLease() {
        AtomicBoolean fails = new AtomicBoolean(true);
        SessionLock lock = state().ticker(() -> {
                    boolean grants = StackWalker.getInstance()
                            .walk(frames -> frames.anyMatch(
                                    frame -> frame.getMethodName().equals("grant")));
                    if (grants && fails.getAndSet(false)) {
                        throw new IllegalStateException("on purpose");
                    }
                    return 0;
                })
                .build()
                .getLock("s");

        assertThat(Tasks.failure(lock.acquireAsync())).hasRootCauseMessage("on purpose");

        Tasks.get(lock.acquireAsync()).close();
        assertThat(lock.isLocked()).isFalse();
    }

    /** The history is written, so its summary is shown and all who wait look at it again. */
    @Test
    void answerToTheReleaseIsLostAfterTheWrite_isACompaction() {
        SessionCompactionState state = state().build();
        StagedCompactor compactor = session -> Optional.of(new Prepared() {
            @Override
            public String summary() {
                return "summary";
            }

            @Override
            public boolean apply() {
                store.setLosesAnswers(true);
                return true;
            }
        });
        CompactionTemplate template =
                CompactionTemplate.builder(state, compactor).build();
        long epoch = state.getLock("s").epoch();

        assertThat(template.compact("s")).isEqualTo(CompactionOutcome.COMPACTED);

        store.setLosesAnswers(false);
        assertThat(state.getLock("s").epoch()).isEqualTo(epoch + 1);
        assertThat(state.getSummary("s")).contains("summary");
        Tasks.get(state.getLock("s").acquireAsync()).close();
    }
}
