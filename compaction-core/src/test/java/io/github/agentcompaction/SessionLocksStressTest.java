package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.SessionLock.Lease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Mutual exclusion while locks come and go: more threads than the cache keeps locks, more sessions than that, and every
 * way to get a lease and to give up waiting for one.
 */
class SessionLocksStressTest extends StateTest {

    private static final int THREADS = 16;
    private static final int SESSIONS = 32;
    private static final int MAX_SIZE = 8;
    private static final int OPERATIONS = 5_000; // of each thread
    private static final int OPEN_FUTURES = 32; // of each thread, before it waits for them

    private final SessionCompactionState state = newState().maxSize(MAX_SIZE).build();

    /** Not atomic: without mutual exclusion, increments would be lost. */
    private final long[] counted = new long[SESSIONS];

    private final LongAdder[] used =
            IntStream.range(0, SESSIONS).mapToObj(i -> new LongAdder()).toArray(LongAdder[]::new);
    private final AtomicIntegerArray holders = new AtomicIntegerArray(SESSIONS);
    private final LongAdder heldTwice = new LongAdder();
    private final LongAdder givenUp = new LongAdder();
    private final AtomicReferenceArray<Thread> threads = new AtomicReferenceArray<>(THREADS);

    @Test
    void leases_fewLocksKept_excludeEachOther() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        List<Future<?>> runs = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int self = i;
            runs.add(executor.submit(() -> run(self)));
        }
        for (Future<?> run : runs) {
            run.get(60, TimeUnit.SECONDS);
        }
        executor.shutdown();

        assertThat(heldTwice.sum()).as("leases that were not alone").isZero();
        assertThat(givenUp.sum()).as("waits given up").isPositive();
        // a grant whose waiter has given up may still be on its way through the queue
        await().atMost(Duration.ofSeconds(10)).until(() -> state.heldCount() == 0);
        for (int session = 0; session < SESSIONS; session++) {
            assertThat(counted[session]).as("session %d", session).isEqualTo(used[session].sum());
            assertThat(lock(session).isLocked()).isFalse();
            assertThat(state.inspect(name(session))
                            .map(SessionSnapshot::waiting)
                            .orElse(0))
                    .isZero();
        }
        assertThat(state.waitingCount()).isZero();
        assertThat(state.heldCount()).isZero();
        assertThat(state.lockCount()).isLessThanOrEqualTo(MAX_SIZE);
    }

    private void run(int self) {
        threads.set(self, Thread.currentThread());
        SplittableRandom random = new SplittableRandom(self);
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (int i = 0; i < rounds(OPERATIONS); i++) {
            try {
                operate(random, open);
            } catch (InterruptedException e) {
                givenUp.increment();
            }
            if (open.size() >= OPEN_FUTURES) {
                joinAll(open);
            }
        }
        threads.set(self, null);
        joinAll(open);
    }

    private void operate(SplittableRandom random, List<CompletableFuture<?>> open) throws InterruptedException {
        int session = random.nextInt(SESSIONS);
        Duration shortly = Duration.ofNanos(random.nextInt(1, 200_000));
        switch (random.nextInt(9)) {
            case 0 -> use(session, lock(session).acquire());
            case 1 -> use(session, lock(session).tryAcquire());
            case 2 -> use(session, lock(session).tryAcquire(shortly));
            case 3 -> use(session, get(lock(session).acquireAsync()));
            case 4 -> open.add(lock(session).acquireAsync().thenAccept(lease -> use(session, lease)));
            case 5 -> cancel(session, lock(session).acquireAsync());
            case 6 ->
                open.add(lock(session)
                        .acquireAsync()
                        .orTimeout(shortly.toNanos(), TimeUnit.NANOSECONDS)
                        .handle((lease, failure) -> {
                            use(session, Optional.ofNullable(lease));
                            return null;
                        }));
            case 7 -> {
                Thread other = threads.get(random.nextInt(THREADS));
                if (other != null) {
                    other.interrupt();
                }
            }
            default -> {
                SessionLock held = lock(session); // still the same after its lease has made others evict it
                try (Lease lease = held.acquire()) {
                    useOpen(session, lease);
                    for (int other = 0; other < MAX_SIZE + 1; other++) {
                        lock((session + 1 + other) % SESSIONS);
                    }
                    useOpen(session, lease);
                }
            }
        }
    }

    private static Optional<Lease> get(CompletableFuture<Lease> future) throws InterruptedException {
        try {
            return Optional.of(future.get());
        } catch (InterruptedException e) {
            if (!future.cancel(false)) {
                return Optional.of(future.join());
            }
            throw e;
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    private void cancel(int session, CompletableFuture<Lease> future) {
        if (future.cancel(false)) {
            givenUp.increment();
        } else {
            use(session, future.join());
        }
    }

    private void use(int session, Optional<Lease> granted) {
        granted.ifPresentOrElse(lease -> use(session, lease), givenUp::increment);
    }

    private void use(int session, Lease lease) {
        try (lease) {
            useOpen(session, lease);
        }
    }

    private void useOpen(int session, Lease lease) {
        if (holders.incrementAndGet(session) > 1) {
            heldTwice.increment();
        }
        long before = counted[session];
        if ((before & 7) == 0) {
            Thread.yield();
            lease.compacted();
        }
        counted[session] = before + 1;
        used[session].increment();
        holders.decrementAndGet(session);
    }

    private static void joinAll(List<CompletableFuture<?>> open) {
        CompletableFuture.allOf(open.toArray(CompletableFuture[]::new))
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
        open.clear();
    }

    private SessionLock lock(int session) {
        return state.getLock(name(session));
    }

    private static String name(int session) {
        return "session " + session;
    }
}
