package io.github.agentcompaction.redis;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Writes of two replicas to one history, which can only be read and replaced as a whole. */
@Timeout(120)
class RedisHistoryGuardTest {

    @RegisterExtension
    static final TestRedis redis = new TestRedis();

    private final ConcurrentHashMap<String, List<Integer>> histories = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private RedisStore one;
    private RedisStore two;

    @BeforeEach
    void startReplicas() {
        one = redis.replica();
        two = redis.replica();
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private void append(RedisStore replica, int message) {
        replica.exclusively("s", () -> {
            List<Integer> messages = new ArrayList<>(histories.getOrDefault("s", List.of()));
            Thread.yield();
            messages.add(message);
            return histories.put("s", messages);
        });
    }

    private void appendFromBoth(int each) throws Exception {
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int first = i * each;
            RedisStore replica = i % 2 == 0 ? one : two;
            writers.add(threads.submit(() -> {
                for (int message = first; message < first + each; message++) {
                    append(replica, message);
                }
            }));
        }
        for (Future<?> writer : writers) {
            writer.get(60, SECONDS);
        }
    }

    @Test
    void writesOfTwoReplicas_loseNothing() throws Exception {
        appendFromBoth(50);

        assertThat(histories.get("s")).hasSize(400).doesNotHaveDuplicates();
    }

    @Test
    void writeWithinAWrite_isPartOfIt() {
        append(one, 1);

        one.exclusively("s", () -> {
            append(one, 2);
            return one.exclusively("s", () -> true);
        });

        append(two, 3);
        assertThat(histories.get("s")).containsExactly(1, 2, 3);
    }

    @Test
    void writeThatThrows_letsTheNextGoOn() {
        assertThat(catchThrown(() -> one.exclusively("s", () -> {
                    throw new IllegalStateException("of the repository");
                })))
                .hasMessage("of the repository");

        append(two, 1);
        assertThat(histories.get("s")).containsExactly(1);
    }

    private static Throwable catchThrown(Runnable work) {
        try {
            work.run();
        } catch (IllegalStateException e) {
            return e;
        }
        throw new AssertionError("nothing was thrown");
    }

    @Test
    void compactionOfTheSession_doesNotHoldWritesUp() {
        redis.replica()
                .agent("planner")
                .tryAcquire("s", "t")
                .toCompletableFuture()
                .join();
        redis.replica()
                .agent("history")
                .tryAcquire("s", "t")
                .toCompletableFuture()
                .join();

        append(one, 1);

        assertThat(histories.get("s")).containsExactly(1);
    }

    @Test
    void redisIsDown_goesOnInThisProcess() throws Exception {
        RedisStore hasty = redis.replica(redis.connections(), Duration.ofMillis(300));
        hasty.exclusively("s", () -> true);
        redis.stop();
        AtomicInteger inside = new AtomicInteger();
        AtomicBoolean together = new AtomicBoolean();
        CountDownLatch begin = new CountDownLatch(1);

        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            writers.add(threads.submit(() -> {
                begin.await();
                hasty.exclusively("s", () -> {
                    together.compareAndSet(false, inside.incrementAndGet() > 1);
                    Thread.yield();
                    return inside.decrementAndGet();
                });
                return null;
            }));
        }
        begin.countDown();
        for (Future<?> writer : writers) {
            writer.get(60, SECONDS);
        }

        assertThat(together).isFalse();
    }
}
