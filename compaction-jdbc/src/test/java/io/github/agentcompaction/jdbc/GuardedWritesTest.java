package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.dao.QueryTimeoutException;

/** Writes of one session in one process, which wait for each other: not longer than one of them may take. */
class GuardedWritesTest extends DatabaseTest {

    private static final RowKey KEY = RowKey.ofHistory("Aa");

    private final CountDownLatch hanging = new CountDownLatch(1);

    /** With a database that is down each write takes the pool's time limit, and the last of four took it four times. */
    @Test
    void exclusively_behindAWriteThatHangs_failsInTime_andWorksLater() throws Exception {
        GuardedWrites writes = writes(Duration.ofMillis(100));
        CompletableFuture<String> first = hangingWrite(writes);

        CompletableFuture<String> second = onAThread(() -> writes.exclusively(KEY, () -> "never"));

        assertThatThrownBy(() -> second.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(QueryTimeoutException.class)
                .hasMessageContaining("for PT0.1S")
                .hasMessageContaining("nothing was written");
        hanging.countDown();
        assertThat(first.get(20, TimeUnit.SECONDS)).isEqualTo("first");
        assertThat(writes.<String>exclusively(KEY, () -> "third")).isEqualTo("third");
    }

    /** Whatever the hashes are shared out by: these two sessions have the same. */
    @Test
    void exclusively_ofAnotherSession_doesNotWait() throws Exception {
        RowKey sameHash = RowKey.ofHistory("BB");
        assertThat(sameHash.hashCode()).isEqualTo(KEY.hashCode());
        GuardedWrites writes = writes(Duration.ofMillis(100));
        CompletableFuture<String> first = hangingWrite(writes);

        assertThat(writes.<String>exclusively(sameHash, () -> "other")).isEqualTo("other");

        hanging.countDown();
        assertThat(first.get(20, TimeUnit.SECONDS)).isEqualTo("first");
    }

    @Test
    void mutexes_areKeptWhileTheyAreInUse() throws Exception {
        SessionMutexes mutexes = new SessionMutexes();
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<String> first = onAThread(() -> mutexes.hold(KEY, Duration.ofSeconds(20), () -> {
            begun.countDown();
            await(hanging);
            return "first";
        }));
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();

        for (int i = 0; i < 2; i++) { // one that gives up leaves the mutex to the one that holds it
            assertThatThrownBy(() -> mutexes.hold(KEY, Duration.ofMillis(10), () -> "never"))
                    .isInstanceOf(QueryTimeoutException.class);
        }
        assertThat(mutexes.size()).isEqualTo(1);

        hanging.countDown();
        assertThat(first.get(20, TimeUnit.SECONDS)).isEqualTo("first");
        assertThat(mutexes.size()).isZero();
    }

    @Test
    void exclusively_interruptedBehindAnother_endsAtOnce_andKeepsTheFlag() throws Exception {
        GuardedWrites writes = writes(Duration.ofMinutes(5));
        CompletableFuture<String> first = hangingWrite(writes);
        AtomicBoolean flag = new AtomicBoolean();
        CompletableFuture<String> second = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            try {
                second.complete(writes.exclusively(KEY, () -> "never"));
            } catch (RuntimeException e) {
                flag.set(Thread.currentThread().isInterrupted());
                second.completeExceptionally(e);
            }
        });
        waiting.start();
        Awaitility.await()
                .until(() ->
                        waiting.getState() == Thread.State.TIMED_WAITING || waiting.getState() == Thread.State.WAITING);

        waiting.interrupt();

        assertThatThrownBy(() -> second.get(20, TimeUnit.SECONDS))
                .hasCauseInstanceOf(QueryTimeoutException.class)
                .hasMessageContaining("Interrupted");
        assertThat(flag).isTrue();
        hanging.countDown();
        assertThat(first.get(20, TimeUnit.SECONDS)).isEqualTo("first");
    }

    /** A lock that is free is nothing to wait for. */
    @Test
    void exclusively_interruptedBefore_writesWhereNothingIsToBeWaitedFor() {
        Mutex mutex = new Mutex();
        Thread.currentThread().interrupt();
        try {
            assertThat(mutex.<String>hold(Duration.ofSeconds(1), () -> "done")).isEqualTo("done");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    private GuardedWrites writes(Duration limit) {
        JdbcStore store = store();
        return new GuardedWrites(store.transactions(), store.history(), new Attempts(limit));
    }

    /** {@return a write that holds what the others wait for} */
    private CompletableFuture<String> hangingWrite(GuardedWrites writes) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<String> write = onAThread(() -> writes.exclusively(KEY, () -> {
            begun.countDown();
            await(hanging);
            return "first";
        }));
        opened(hanging::countDown);
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        return write;
    }

    private static CompletableFuture<String> onAThread(Supplier<String> work) {
        return CompletableFuture.supplyAsync(work, task -> new Thread(task).start());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
