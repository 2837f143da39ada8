package io.github.agentcompaction.redis;

import static io.github.agentcompaction.redis.Stages.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock.Lease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Redis answers on threads of Lettuce, of which there are few; what belongs to users of a state never runs there. */
@Timeout(120)
class CallbackThreadsTest {

    /** Of the core, and no other. */
    private static final String OF_THE_LIBRARY = "agent-compaction-\\d+";

    @RegisterExtension
    static final TestRedis redis = new TestRedis();

    @Test
    void lease_answeredOrHandedOver_isGivenOnAThreadOfTheLibrary() {
        SessionCompactionState one = state().build();
        SessionCompactionState two = state().build();
        String answered = whileFrozen(() -> one.getLock("s").acquireAsync().thenApply(lease -> {
            lease.close();
            return Thread.currentThread().getName();
        }));
        assertThat(answered).matches(OF_THE_LIBRARY);

        for (int round = 0; round < 20; round++) {
            Lease held = get(one.getLock("s").acquireAsync());
            CompletableFuture<String> handedOver = two.getLock("s")
                    .acquireAsync()
                    .thenApply(lease -> {
                        lease.close();
                        return Thread.currentThread().getName();
                    });
            held.close();

            assertThat(get(handedOver)).matches(OF_THE_LIBRARY);
        }
    }

    @Test
    void replyWithASummary_isGivenOnAThreadOfTheLibrary() {
        SessionCompactionState state = state().build();
        CompactionTemplate template =
                CompactionTemplate.builder(state, session -> Optional.empty()).build();
        state.storeSummary("s", "summary");

        String thread = whileFrozen(() -> template.executeAsync("s", () -> CompletableFuture.completedFuture("answer"))
                .thenApply(reply -> {
                    assertThat(reply.summary()).contains("summary");
                    return Thread.currentThread().getName();
                }));

        assertThat(thread).matches(OF_THE_LIBRARY);
    }

    @Test
    void listener_isToldOnThreadsOfTheLibrary() {
        Map<String, String> threads = new ConcurrentHashMap<>();
        SessionCompactionState one = state().listener(noting(threads)).build();
        SessionCompactionState two = state().listener(noting(threads)).build();
        one.storeSummary("s", "summary");
        assertThat(one.popSummary("s")).contains("summary");
        Lease lost = one.getLock("s").tryAcquire().orElseThrow();
        CompletableFuture<Lease> waiting = two.getLock("s").acquireAsync();
        await().until(() -> two.waitingCount() == 1);

        redis.admin().keys("*:lease").forEach(redis.admin()::del); // as if the first process had stood still
        Lease next = get(waiting);
        await().until(lost::lost);
        next.close();

        await().untilAsserted(() -> assertThat(threads)
                .containsKeys("storeCalled", "lockAcquired", "leaseClosed", "leaseLost", "summaryPopped"));
        assertThat(threads.values()).allMatch(name -> name.matches(OF_THE_LIBRARY));
    }

    @Test
    void callbacksThatBlock_holdUpNoOtherLease() {
        SessionCompactionState state = state().build();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        List<CompletableFuture<Void>> blocked = new ArrayList<>();
        redis.freeze(); // else a lease may be there already, and block the test
        for (int i = 0; i < 40; i++) {
            blocked.add(state.getLock("s" + i).acquireAsync().thenAccept(lease -> gate.join()));
        }
        redis.resume();

        get(state.getLock("s").acquireAsync()).close();

        gate.complete(null);
        blocked.forEach(Stages::get);
    }

    /** {@return what a future gives whose answer comes when all callbacks are in place} */
    private static <T> T whileFrozen(Supplier<CompletableFuture<T>> question) {
        redis.freeze();
        CompletableFuture<T> answer = question.get();
        redis.resume();
        return get(answer);
    }

    private static SessionCompactionState.Builder state() {
        RedisAgentStore store = redis.closedAfterTest(RedisStore.builder(redis.connections())
                        .commandTimeout(Duration.ofSeconds(5))
                        .lease(Duration.ofSeconds(6))
                        .build())
                .agent("planner");
        get(store.inspect("s")); // connected
        return SessionCompactionState.builder().store(store).summaries(store);
    }

    private static CompactionListener noting(Map<String, String> threads) {
        return new CompactionListener() {
            @Override
            public void storeCalled(String agent, StoreOperation operation, StoreOutcome outcome, Duration took) {
                threads.put("storeCalled", Thread.currentThread().getName());
            }

            @Override
            public void lockAcquired(String agent, String sessionId, Duration waited) {
                threads.put("lockAcquired", Thread.currentThread().getName());
            }

            @Override
            public void leaseClosed(String agent, String sessionId, Duration held) {
                threads.put("leaseClosed", Thread.currentThread().getName());
            }

            @Override
            public void leaseLost(String agent, String sessionId) {
                threads.put("leaseLost", Thread.currentThread().getName());
            }

            @Override
            public void summaryPopped(String agent, String sessionId) {
                threads.put("summaryPopped", Thread.currentThread().getName());
            }
        };
    }
}
