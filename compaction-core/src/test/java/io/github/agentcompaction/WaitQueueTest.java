package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is woken ahead of its turn. That wakes a thread for nothing if the lease turns out to be long. */
class WaitQueueTest {

    private static final long BRIEF = TimeUnit.MICROSECONDS.toNanos(24);
    private static final long LONG = TimeUnit.MICROSECONDS.toNanos(25);

    /** The machine's clock may start anywhere, and run over. */
    private long now = Long.MAX_VALUE - BRIEF - 1;

    private final QueuedLock lock =
            (QueuedLock) SessionCompactionState.builder().build().getLock("s");
    private final WaitQueue queue = new WaitQueue(new HeldLease(lock).grant(), now);
    private final Recorded first = new Recorded();
    private final Recorded second = new Recorded();
    private final Recorded third = new Recorded();

    @BeforeEach
    void queueThree() {
        for (Recorded waiter : List.of(first, second, third)) {
            queue.add(waiter, lock.locks());
        }
    }

    @Test
    void handOver_afterALongLease_wakesNobodyAhead() {
        assertThat(handOverAfter(LONG)).isNull();
        assertThat(handOverAfter(LONG)).isNull();
    }

    @Test
    void handOver_afterABriefLease_wakesTheOneBehind() {
        handOverAfter(LONG);

        assertThat(handOverAfter(BRIEF)).isSameAs(third);
    }

    @Test
    void handOver_leaseBriefOnlyOnce_wakesNobodyAheadAfterThat() {
        assertThat(handOverAfter(BRIEF)).isSameAs(second);
        assertThat(handOverAfter(LONG)).isNull();
    }

    @Test
    void handOver_toTheLast_wakesNobody() {
        handOverAfter(BRIEF);
        handOverAfter(BRIEF);

        assertThat(handOverAfter(BRIEF)).isNull();
    }

    /** The lock calls it at all, and never for one that has the lease. */
    @Test
    void close_manyBriefLeases_wakesAheadAndInOrder() {
        assumeSeveralProcessors();
        List<Recorded> waiters = new ArrayList<>();
        SessionLock.Lease holder = lock.tryAcquire().orElseThrow();
        for (int i = 0; i < 1_000; i++) {
            Recorded waiter = new Recorded();
            assertThat(lock.takeOrQueue(waiter)).isNull();
            waiters.add(waiter);
        }

        for (Recorded next : waiters) {
            holder.close();
            holder = next.lease();
        }
        holder.close();

        assertThat(waiters).anyMatch(waiter -> waiter.readied);
        assertThat(waiters).noneMatch(waiter -> waiter.readiedTooLate);
    }

    /** What began before anybody waited may be long over. */
    @Test
    void close_soonAfterTheFirstWaiterCame_wakesAheadToo() {
        assumeSeveralProcessors();
        int readied = 0;
        for (int round = 0; round < 1_000; round++) {
            List<Recorded> waiters = List.of(new Recorded(), new Recorded());
            SessionLock.Lease holder = lock.tryAcquire().orElseThrow();
            waiters.forEach(lock::takeOrQueue);

            holder.close();
            readied += waiters.get(1).readied ? 1 : 0;
            waiters.get(0).lease().close();
            waiters.get(1).lease().close();
        }

        assertThat(readied).isPositive();
    }

    @Test
    void close_longLeases_wakesNobodyAhead() {
        List<Recorded> waiters = List.of(new Recorded(), new Recorded(), new Recorded(), new Recorded());
        SessionLock.Lease holder = lock.tryAcquire().orElseThrow();
        waiters.forEach(lock::takeOrQueue);

        for (Recorded next : waiters) {
            long since = System.nanoTime();
            Tasks.spinUntil(() -> System.nanoTime() - since > LONG);
            holder.close();
            holder = next.lease();
        }
        holder.close();

        assertThat(waiters).noneMatch(waiter -> waiter.readied);
    }

    private static void assumeSeveralProcessors() {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "on one processor nobody is woken ahead");
    }

    private @Nullable Waiter handOverAfter(long nanos) {
        assertThat(queue.poll(lock.locks())).isNotNull();
        now += nanos;
        queue.handOver(new HeldLease(lock).grant(), now);
        return queue.toBeReady();
    }

    /** Never blocks, and notes what it is told. */
    private static final class Recorded implements Waiter {

        private @Nullable HeldLease lease;
        private boolean readied;
        private boolean readiedTooLate;

        @Override
        public long since() {
            return 0;
        }

        @Override
        public void grant(HeldLease granted) {
            lease = granted;
        }

        @Override
        public void beReady() {
            readied = true;
            readiedTooLate |= lease != null;
        }

        private HeldLease lease() {
            return Objects.requireNonNull(lease, "not granted");
        }
    }
}
