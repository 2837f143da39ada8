package io.github.agentcompaction.redis;

import static io.github.agentcompaction.redis.Stages.failure;
import static io.github.agentcompaction.redis.Stages.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.store.LeaseGrant;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** A Redis that is down, frozen, restarted or far away fails stages in time, and is used again as soon as it is back. */
@Timeout(120)
class OutagesTest {

    @RegisterExtension
    static final TestRedis redis = new TestRedis();

    /** The command timeout is a second here, that of Lettuce a minute, that of its connections ten seconds. */
    private static final Duration IN_TIME = Duration.ofSeconds(8);

    @Test
    void downAtTheStart_failsInTime_andRecovers() {
        redis.stop();
        RedisAgentStore store = impatientReplica().agent("planner");

        assertThat(timed(() -> failure(store.tryAcquire("s", "t1")))).isLessThan(IN_TIME);
        redis.start();

        recover(store);
    }

    /** The factory's first connection blocks for ten seconds here, and one after the other. */
    @Test
    void frozenAtTheStart_failsInTime_alsoIfManyAsk() {
        redis.freeze();
        RedisAgentStore store = impatientReplica().agent("planner");

        List<CompletableFuture<?>> stages = new ArrayList<>();
        assertThat(timed(() -> {
                    for (int i = 0; i < 100; i++) {
                        stages.add(store.tryAcquire("s", "t" + i).toCompletableFuture());
                    }
                    stages.forEach(stage -> assertThat(failure(stage)).isInstanceOf(QueryTimeoutException.class));
                    return 1;
                }))
                .isLessThan(IN_TIME);

        redis.resume();
        recover(store);
        await().untilAsserted(() -> assertThat(redis.admin().clientList().lines())
                .as("the test's connection and the replica's, and none that was made and given up")
                .hasSize(2));
    }

    @Test
    void frozen_failsAfterTheCommandTimeout_withAClearMessage() {
        RedisAgentStore store = impatientReplica().agent("planner");
        get(store.put("s", "the user's secret"));
        redis.freeze();

        Duration took = timed(() -> {
            assertThat(failure(store.put("s", "the user's secret")))
                    .isInstanceOf(QueryTimeoutException.class)
                    .hasMessage(
                            "Redis did not answer to put.lua within PT1S, so its outcome is not known. Check that Redis"
                                    + " is up and reachable; RedisStore's commandTimeout sets the limit.");
            return 1;
        });

        assertThat(took).isBetween(Duration.ofMillis(900), IN_TIME);
        redis.resume();
        recover(store);
    }

    @Test
    void restartedWithoutItsData_goesOn() {
        RedisAgentStore store = impatientReplica().agent("planner");
        LeaseGrant before = get(store.tryAcquire("s", "t1")).grant().orElseThrow();
        get(store.release(before, true));
        long epoch = get(store.inspect("s")).epoch();

        redis.stop();
        assertThat(timed(() -> failure(store.tryAcquire("s", "t2")))).isLessThan(IN_TIME);
        redis.start();
        recover(store);

        LeaseGrant after = get(store.tryAcquire("s", "t3")).grant().orElseThrow();
        assertThat(after.fence()).isGreaterThan(before.fence());
        get(store.release(after, true));
        assertThat(get(store.inspect("s")).epoch()).isGreaterThan(epoch);
    }

    @Test
    void slowNetworkThatIsCutAgainAndAgain_neverHasTwoHolders() {
        FlakyProxy network = redis.closedAfterTest(new FlakyProxy(redis.port()));
        network.delayAnswers(Duration.ofMillis(3));
        RedisAgentStore far = redis.replica(redis.connections(network.port()), Duration.ofSeconds(1))
                .agent("planner");
        RedisAgentStore near = impatientReplica().agent("planner");
        AtomicInteger holders = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Set<Long> fences = ConcurrentHashMap.newKeySet();
        long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
        List<CompletableFuture<?>> tasks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            RedisAgentStore store = i % 2 == 0 ? far : near;
            tasks.add(CompletableFuture.runAsync(
                    () -> {
                        while (System.nanoTime() < end) {
                            String token = UUID.randomUUID().toString();
                            try {
                                get(store.tryAcquire("s", token)).grant().ifPresent(grant -> {
                                    most.accumulateAndGet(holders.incrementAndGet(), Math::max);
                                    assertThat(fences.add(grant.fence())).isTrue();
                                    holders.decrementAndGet();
                                    retried(() -> store.release(grant, false));
                                });
                            } catch (RuntimeException outcomeUnknown) {
                                retried(() -> store.abandon("s", token));
                            }
                        }
                    },
                    work -> new Thread(work).start()));
        }
        while (System.nanoTime() < end) {
            network.cut();
            network.repair();
            await().pollDelay(Duration.ofMillis(150)).until(() -> true);
        }
        tasks.forEach(Stages::get);

        assertThat(most).hasValue(1);
        assertThat(fences).hasSizeGreaterThan(10);
        assertThat(get(near.inspect("s")).owner()).isEmpty();
    }

    /** The caller may be an event loop, where waiting for the connection would be waiting for itself. */
    @Test
    void firstUse_connectsOnAThreadOfTheStore() {
        Set<String> threads = ConcurrentHashMap.newKeySet();
        LettuceConnectionFactory real = redis.connections();
        ReactiveRedisConnectionFactory recording = (ReactiveRedisConnectionFactory) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {ReactiveRedisConnectionFactory.class, RedisConnectionFactory.class},
                (proxy, method, arguments) -> {
                    threads.add(Thread.currentThread().getName());
                    return method.invoke(real, arguments);
                });
        RedisAgentStore store = redis.replica(recording).agent("planner");
        CompletableFuture<Void> subscribed = new CompletableFuture<>();

        redis.closedAfterTest(store.onReleased(session -> subscribed.complete(null)));
        get(store.tryAcquire("s", "t"));
        get(subscribed);

        assertThat(threads).isNotEmpty().allMatch(name -> name.startsWith("agent-compaction-redis-connect-"));
    }

    /** As a context does that is paused: the connection that the store has kept is closed then. */
    @Test
    void connectionFactory_thatIsStoppedAndStarted_isConnectedAnew() {
        LettuceConnectionFactory connections = redis.connections();
        RedisAgentStore store = redis.replica(connections).agent("planner");
        LeaseGrant grant = get(store.tryAcquire("s", "t1")).grant().orElseThrow();

        connections.stop();
        failure(store.inspect("s"));
        connections.start();

        assertThat(get(store.release(grant, false))).isTrue();
        assertThat(get(store.tryAcquire("s", "t2")).grant()).isPresent();
    }

    @Test
    void connectionFactory_thatIsRestartedBetweenCommands_failsNone() {
        LettuceConnectionFactory connections = redis.connections();
        RedisAgentStore store = redis.replica(connections).agent("planner");
        get(store.put("s", "summary"));

        connections.stop();
        connections.start();

        assertThat(get(store.take("s", "taker"))).contains("summary");
    }

    @Test
    void close_failsCommandsFromThenOn() {
        RedisStore replica = impatientReplica();
        RedisAgentStore store = replica.agent("planner");
        get(store.inspect("s"));

        replica.close();
        replica.close();

        assertThat(failure(store.inspect("s")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("The RedisStore is closed, so it does not run inspect.lua");
    }

    @Test
    void close_leavesNoStageUnfinished() {
        redis.freeze();
        RedisStore replica = impatientReplica();
        CompletableFuture<?> stage = replica.agent("planner").inspect("s").toCompletableFuture();

        replica.close();

        failure(stage);
    }

    private static RedisStore impatientReplica() {
        return redis.replica(redis.connections(), Duration.ofSeconds(1));
    }

    private static void retried(Supplier<CompletionStage<?>> command) {
        await().ignoreExceptions().until(() -> {
            get(command.get());
            return true;
        });
    }

    private static void recover(RedisAgentStore store) {
        retried(() -> store.inspect("recovered"));
    }

    private static Duration timed(Supplier<?> work) {
        long start = System.nanoTime();
        work.get();
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
