package io.github.agentcompaction;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Checks that {@link QueuedLock} is linearizable to a queue: {@link Specification} says the same with plain fields.
 *
 * <p>Every thread is one party. It asks for the lease, or for the lease or a compaction by others, leaves the queue or takes
 * its turn, has the session compacted, and closes. What is checked is the protocol under the public methods: futures are
 * completed by threads of a pool, which a model checker does not control, so parties queue as blocking callers do, without
 * blocking.
 */
public class QueuedLockLincheckTest {

    private static final int PARTIES = 3;

    private static final GuardedCompactor COMPACTOR = new GuardedCompactor(
            SessionCompactionState.builder().build(),
            session -> Optional.empty(),
            new FailureLedger(1, Duration.ofMinutes(1), Duration.ofMinutes(1), () -> 0L));

    private final LockContext context = new LockContext("agent", () -> 0L, new Listeners(List.of(), false), null);
    private final QueuedLock lock = new QueuedLock("session", context);
    private final @Nullable Waiter<Turn>[] queued = newWaiters();
    private final @Nullable HeldLease[] leases = new HeldLease[PARTIES];
    private final boolean[] held = new boolean[PARTIES];
    private final long[] seen = new long[PARTIES];

    /** For Lincheck. */
    public QueuedLockLincheckTest() {}

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    private static @Nullable Waiter<Turn>[] newWaiters() {
        return new Waiter[PARTIES];
    }

    /** Reads the epoch, as a task does before it reads the history. */
    @Operation
    public void see(@Param(gen = ThreadIdGen.class) int party) {
        seen[party] = lock.epoch();
    }

    @Operation
    public String request(@Param(gen = ThreadIdGen.class) int party) {
        return request(party, new Waiter<>(true, 0, null, Seen.NOTHING));
    }

    @Operation
    public String requestOrJoin(@Param(gen = ThreadIdGen.class) int party) {
        return request(party, new Waiter<>(true, 0, COMPACTOR, new Seen(seen[party], 0)));
    }

    private String request(int party, Waiter<Turn> waiter) {
        if (held[party] || queued[party] != null) {
            return "no";
        }
        Turn turn = lock.takeOrQueue(waiter);
        if (turn == null) {
            queued[party] = waiter;
            return "queued";
        }
        return take(party, turn);
    }

    @Operation
    public String tryAcquire(@Param(gen = ThreadIdGen.class) int party) {
        if (held[party] || queued[party] != null) {
            return "no";
        }
        return lock.tryAcquire().map(lease -> hold(party, (HeldLease) lease)).orElse("taken");
    }

    /** What a waiter does whose time is up, or that was interrupted. */
    @Operation
    public String giveUp(@Param(gen = ThreadIdGen.class) int party) {
        Waiter<Turn> waiter = queued[party];
        if (waiter == null) {
            return "no";
        }
        if (!lock.leave(waiter)) {
            return take(party, waiter.join());
        }
        queued[party] = null;
        return "left";
    }

    @Operation
    public void compacted(@Param(gen = ThreadIdGen.class) int party) {
        HeldLease lease = leases[party];
        if (lease != null) {
            lease.compacted(); // also on a lease that is closed
        }
    }

    @Operation
    public void close(@Param(gen = ThreadIdGen.class) int party) {
        close(party, null);
    }

    /** Closes after a compaction that found nothing, which ends the wait of all who would have it found the same. */
    @Operation
    public void closeWithNothing(@Param(gen = ThreadIdGen.class) int party) {
        close(party, Ended.of(CompactionOutcome.NOTHING));
    }

    private void close(int party, @Nullable Ended ended) {
        HeldLease lease = leases[party];
        if (lease != null) {
            lease.close(ended, COMPACTOR); // also a second time
            held[party] = false;
        }
    }

    @Operation
    public boolean isLocked() {
        return lock.isLocked();
    }

    @Operation
    public long epoch() {
        return lock.epoch();
    }

    /** When all parties have left or closed, the lock is free and its queue is empty. */
    @Validate
    public void isFreeInTheEnd() {
        for (boolean open = true; open; ) {
            open = false;
            for (int party = 0; party < PARTIES; party++) {
                giveUp(party);
                open |= held[party];
                close(party);
            }
        }
        if (lock.isLocked() || lock.waiting() > 0 || context.awaited().waiting() != 0) {
            throw new IllegalStateException("locked: " + lock.isLocked() + ", waiting: " + lock.waiting()
                    + ", on the gauge: " + context.awaited().waiting());
        }
    }

    private String take(int party, Turn turn) {
        if (turn instanceof HeldLease lease) {
            return hold(party, lease);
        }
        queued[party] = null;
        return ((Ended) turn).outcome().name();
    }

    private String hold(int party, HeldLease lease) {
        queued[party] = null;
        leases[party] = lease;
        held[party] = true;
        return "held";
    }

    /** The moments that matter, which chance would seldom put together; each with every order of steps that fits in. */
    private static List<ExecutionScenario> races() {
        return List.of(
                // closing, while the next one gives up and a newcomer tries
                scenario(
                        List.of(actor("request", 0), actor("request", 1)),
                        List.of(actor("close", 0)),
                        List.of(actor("giveUp", 1)),
                        List.of(actor("tryAcquire", 2))),
                // closing with an empty queue, while two others come
                scenario(
                        List.of(actor("request", 0)),
                        List.of(actor("close", 0), actor("isLocked")),
                        List.of(actor("request", 1)),
                        List.of(actor("request", 2))),
                // the epoch of those who come next
                scenario(
                        List.of(actor("request", 0)),
                        List.of(actor("compacted", 0), actor("close", 0)),
                        List.of(actor("tryAcquire", 1), actor("compacted", 1), actor("epoch")),
                        List.of(actor("epoch"), actor("isLocked"))),
                // a queue that moves on
                scenario(
                        List.of(actor("request", 0), actor("request", 1), actor("request", 2)),
                        List.of(actor("close", 0), actor("request", 0)),
                        List.of(actor("giveUp", 1), actor("close", 1)),
                        List.of(actor("giveUp", 2), actor("close", 2))),
                // a compaction, while one waits for it and another comes late
                scenario(
                        List.of(actor("see", 1), actor("see", 2), actor("request", 0), actor("requestOrJoin", 1)),
                        List.of(actor("compacted", 0), actor("close", 0)),
                        List.of(actor("giveUp", 1), actor("isLocked")),
                        List.of(actor("requestOrJoin", 2), actor("giveUp", 2))),
                // nothing to compact, while one waits for it, one gives up and one wants the lease
                scenario(
                        List.of(actor("see", 1), actor("request", 0), actor("requestOrJoin", 1), actor("request", 2)),
                        List.of(actor("closeWithNothing", 0)),
                        List.of(actor("giveUp", 1), actor("close", 1)),
                        List.of(actor("giveUp", 2), actor("close", 2))),
                // nothing to compact, while one comes who has seen a new epoch
                scenario(
                        List.of(actor("request", 0)),
                        List.of(actor("compacted", 0), actor("closeWithNothing", 0)),
                        List.of(actor("see", 1), actor("requestOrJoin", 1), actor("giveUp", 1)),
                        List.of(actor("request", 2), actor("giveUp", 2))));
    }

    private static ExecutionScenario scenario(
            List<Actor> before, List<Actor> first, List<Actor> second, List<Actor> third) {
        return new ExecutionScenario(before, List.of(first, second, third), List.of(), actor("isFreeInTheEnd"));
    }

    private static Actor actor(String operation, Object... party) {
        Method method = Arrays.stream(QueuedLockLincheckTest.class.getMethods())
                .filter(candidate -> candidate.getName().equals(operation))
                .findFirst()
                .orElseThrow();
        return new Actor(method, List.of(party));
    }

    @Test
    void modelChecking() {
        ModelCheckingOptions options = new ModelCheckingOptions()
                .sequentialSpecification(Specification.class)
                .iterations(5)
                .invocationsPerIteration(200)
                .threads(2)
                .actorsPerThread(4)
                .actorsBefore(2)
                .actorsAfter(1)
                .addGuarantee(
                        ManagedStrategyGuaranteeKt.forClasses(LockContext.class.getName(), AwaitedLocks.class.getName())
                                .allMethods()
                                .ignore());
        races().forEach(options::addCustomScenario);
        options.check(QueuedLockLincheckTest.class);
    }

    @Test
    void stress() {
        StressOptions options = new StressOptions()
                .sequentialSpecification(Specification.class)
                .iterations(10)
                .invocationsPerIteration(1_000)
                .threads(3)
                .actorsPerThread(3)
                .actorsBefore(2)
                .actorsAfter(2);
        races().forEach(options::addCustomScenario);
        options.check(QueuedLockLincheckTest.class);
    }

    /** A lock with a queue, for one thread. */
    public static class Specification {

        private static final int NOBODY = -1;

        private final Deque<Integer> queue = new ArrayDeque<>();
        private final boolean[] joins = new boolean[PARTIES];
        private final boolean[] held = new boolean[PARTIES];
        private final boolean[] compacted = new boolean[PARTIES];
        private final boolean[] asked = new boolean[PARTIES];
        private final @Nullable String[] released = new String[PARTIES];
        private final long[] seen = new long[PARTIES];
        private int holder = NOBODY;
        private long epoch;

        /** For Lincheck. */
        public Specification() {}

        public void see(int party) {
            seen[party] = epoch;
        }

        public String request(int party) {
            return request(party, false);
        }

        public String requestOrJoin(int party) {
            return request(party, true);
        }

        private String request(int party, boolean join) {
            if (asked[party]) {
                return "no";
            }
            if (join && seen[party] != epoch) {
                return "JOINED";
            }
            if (holder == NOBODY) {
                holder = party;
                return hold(party);
            }
            asked[party] = true;
            joins[party] = join;
            queue.add(party);
            return "queued";
        }

        public String tryAcquire(int party) {
            return asked[party] || holder == NOBODY ? request(party, false) : "taken";
        }

        public String giveUp(int party) {
            if (!asked[party] || held[party]) {
                return "no";
            }
            if (holder == party) {
                return hold(party);
            }
            String outcome = Objects.requireNonNullElse(released[party], "left");
            queue.remove(party);
            released[party] = null;
            asked[party] = false;
            return outcome;
        }

        public void compacted(int party) {
            if (held[party] && !compacted[party]) {
                compacted[party] = true;
                epoch++;
                releaseJoiners("JOINED");
            }
        }

        public void close(int party) {
            if (held[party]) {
                held[party] = false;
                asked[party] = false;
                holder = Objects.requireNonNullElse(queue.poll(), NOBODY);
            }
        }

        public void closeWithNothing(int party) {
            if (held[party]) {
                releaseJoiners("NOTHING");
            }
            close(party);
        }

        private void releaseJoiners(String outcome) {
            for (int party = 0; party < PARTIES; party++) {
                if (joins[party] && queue.remove(party)) {
                    released[party] = outcome;
                }
            }
        }

        public boolean isLocked() {
            return holder != NOBODY;
        }

        public long epoch() {
            return epoch;
        }

        private String hold(int party) {
            asked[party] = true;
            held[party] = true;
            compacted[party] = false;
            return "held";
        }
    }
}
