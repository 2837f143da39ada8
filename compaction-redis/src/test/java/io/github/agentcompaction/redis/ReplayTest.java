package io.github.agentcompaction.redis;

import static io.github.agentcompaction.redis.Stages.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Redis has run a command, its answer is lost with the connection, and Lettuce sends the command again. */
@Timeout(120)
class ReplayTest {

    @RegisterExtension
    static final TestRedis redis = new TestRedis();

    private FlakyProxy network;
    private RedisAgentStore far;
    private RedisAgentStore near;

    @BeforeEach
    void startReplicas() {
        network = redis.closedAfterTest(new FlakyProxy(redis.port()));
        far = redis.replica(redis.connections(network.port())).agent("planner");
        near = redis.replica().agent("planner");
        // Each script once, so that the answer that is lost is not NOSCRIPT.
        LeaseGrant grant = get(near.tryAcquire("warm", "t")).grant().orElseThrow();
        get(far.renew(grant));
        get(far.release(grant, false));
        get(far.abandon("warm", "t"));
        get(far.put("warm", "text"));
        get(far.take("warm", "taker"));
        get(far.giveBack("warm", "taker"));
        get(far.discard("warm"));
    }

    @Test
    void acquire_isGrantedToTheSameToken() {
        LeaseAttempt attempt = repeated(() -> far.tryAcquire("s", "t1"), () -> {});

        assertThat(attempt.grant().orElseThrow().fence())
                .isEqualTo(get(near.inspect("s")).fence());
    }

    @Test
    void release_isStillTheLastOne_andMovesTheEpochOnce() {
        LeaseGrant grant = get(far.tryAcquire("s", "t1")).grant().orElseThrow();

        long[] epoch = new long[1];
        boolean released = repeated(
                () -> far.release(grant, true),
                () -> epoch[0] = get(near.inspect("s")).epoch());

        assertThat(released).isTrue();
        assertThat(get(near.inspect("s")).epoch()).isEqualTo(epoch[0]).isPositive();
    }

    @Test
    void release_whenTheNextOneHolds_leavesItAlone() {
        LeaseGrant grant = get(far.tryAcquire("s", "t1")).grant().orElseThrow();

        boolean released = repeated(() -> far.release(grant, true), () -> get(near.tryAcquire("s", "t2")));

        assertThat(released).isTrue();
        assertThat(get(near.inspect("s")).owner()).contains("t2");
    }

    @Test
    void renew_afterTheRelease_doesNotResurrect() {
        LeaseGrant grant = get(far.tryAcquire("s", "t1")).grant().orElseThrow();

        boolean renewed = repeated(() -> far.renew(grant), () -> get(near.release(grant, true)));

        assertThat(renewed).isFalse();
        assertThat(get(near.inspect("s")).owner()).isEmpty();
    }

    @Test
    void take_hasTheText() {
        get(near.put("s", "text"));

        assertThat(repeated(() -> far.take("s", "taker"), () -> {})).contains("text");
        assertThat(get(near.take("s", "another"))).isEmpty();
    }

    @Test
    void put_thatWasTakenSince_isNotThereTwice() {
        Optional<?>[] taken = new Optional<?>[1];
        repeated(() -> far.put("s", "text").thenApply(done -> true), () -> taken[0] = get(near.take("s", "taker")));

        assertThat(taken[0]).isEqualTo(Optional.of("text"));
        assertThat(get(near.peek("s"))).isEmpty();
    }

    @Test
    void giveBack_thatWasTakenSince_isNotThereTwice() {
        get(near.put("s", "text"));
        get(far.take("s", "taker"));

        repeated(
                () -> far.giveBack("s", "taker"),
                () -> assertThat(get(near.take("s", "another"))).contains("text"));

        assertThat(get(near.peek("s"))).isEmpty();
    }

    /** What happens in between is long over when the command comes for the second time. */
    private <T> T repeated(Supplier<CompletionStage<T>> command, Runnable inBetween) {
        CompletableFuture<Void> lost = network.loseNextAnswer();
        CompletionStage<T> stage = command.get();
        lost.orTimeout(10, TimeUnit.SECONDS).join();
        inBetween.run();
        assertThat(stage.toCompletableFuture()).isNotDone();
        network.repair();
        return get(stage);
    }
}
