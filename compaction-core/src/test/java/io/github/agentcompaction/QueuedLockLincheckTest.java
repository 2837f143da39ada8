package io.github.agentcompaction;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
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
 * <p>Every thread is one party, which asks for the lease, leaves the queue, looks whether it was granted, and closes; at
 * the same time the cache lets go of the lock and takes it back. What is checked is the protocol under the public
 * methods: asynchronous grants are completed by a thread of a pool, which a model checker does not control, so parties
 * queue as blocking callers do, without blocking.
 */
public class QueuedLockLincheckTest {

    private static final int PARTIES = 3;

    private static final SessionLocks LOCKS =
            new SessionLocks("agent", Duration.ofHours(1), 10, () -> 0L, Runnable::run, new Listeners(List.of()));
    private final QueuedLock lock = new QueuedLock("session", LOCKS, 0);
    private final @Nullable Party[] queued = new Party[PARTIES];
    private final SessionLock.@Nullable Lease[] leases = new SessionLock.Lease[PARTIES];
    private final boolean[] held = new boolean[PARTIES];
    private boolean displaced;

    /** For Lincheck. */
    public QueuedLockLincheckTest() {}

    @Operation
    public String request(@Param(gen = ThreadIdGen.class) int party) {
        if (held[party] || queued[party] != null) {
            return "no";
        }
        Party waiter = new Party();
        SessionLock.Lease lease = lock.takeOrQueue(waiter);
        if (lease == null) {
            queued[party] = waiter;
            return "queued";
        }
        return hold(party, lease);
    }

    @Operation
    public String tryAcquire(@Param(gen = ThreadIdGen.class) int party) {
        if (held[party] || queued[party] != null) {
            return "no";
        }
        return lock.tryAcquire().map(lease -> hold(party, lease)).orElse("taken");
    }

    /** What a waiter does whose time is up, or that was interrupted. */
    @Operation
    public String giveUp(@Param(gen = ThreadIdGen.class) int party) {
        Party waiter = queued[party];
        if (waiter == null) {
            return "no";
        }
        if (!lock.leave(waiter, true)) {
            return hold(party, waiter.join());
        }
        queued[party] = null;
        return "left";
    }

    @Operation
    public String look(@Param(gen = ThreadIdGen.class) int party) {
        Party waiter = queued[party];
        if (waiter == null) {
            return "no";
        }
        return waiter.isDone() ? hold(party, waiter.join()) : "queued";
    }

    @Operation
    public void compacted(@Param(gen = ThreadIdGen.class) int party) {
        SessionLock.Lease lease = leases[party];
        if (lease != null) {
            lease.compacted(); // also on a lease that is closed
        }
    }

    @Operation
    public void close(@Param(gen = ThreadIdGen.class) int party) {
        SessionLock.Lease lease = leases[party];
        if (lease != null) {
            lease.close(); // also a second time
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

    /** The cache evicts the lock, or finds it again; it never does two things at once with one key. */
    @Operation(nonParallelGroup = "cache")
    public void evictOrRestore() {
        if (displaced) {
            lock.restored();
        } else {
            lock.displaced();
        }
        displaced = !displaced;
    }

    /** When everybody has left or closed, the lock is free and nobody waits for it. */
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
        if (lock.isLocked() || lock.waiting() > 0 || LOCKS.waiting().sum() != 0) {
            throw new IllegalStateException("locked: " + lock.isLocked() + ", waiting: " + lock.waiting()
                    + ", on the gauge: " + LOCKS.waiting().sum());
        }
    }

    private String hold(int party, SessionLock.Lease lease) {
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
                        List.of(actor("evictOrRestore"), actor("request", 0)),
                        List.of(actor("close", 0), actor("isLocked")),
                        List.of(actor("request", 1)),
                        List.of(actor("request", 2))),
                // closing, while the first waiter comes and the cache evicts
                scenario(
                        List.of(actor("request", 0)),
                        List.of(actor("close", 0), actor("tryAcquire", 0)),
                        List.of(actor("request", 1), actor("giveUp", 1)),
                        List.of(actor("evictOrRestore"))),
                // closing, while the only waiter gives up and the cache takes back
                scenario(
                        List.of(actor("request", 0), actor("request", 1), actor("evictOrRestore")),
                        List.of(actor("close", 0)),
                        List.of(actor("giveUp", 1), actor("close", 1)),
                        List.of(actor("evictOrRestore"), actor("request", 2))),
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
                        List.of(actor("look", 2), actor("close", 2))),
                // nobody there yet
                scenario(
                        List.of(),
                        List.of(actor("request", 0), actor("close", 0)),
                        List.of(actor("request", 1), actor("close", 1)),
                        List.of(actor("evictOrRestore"), actor("evictOrRestore"))));
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
                        ManagedStrategyGuaranteeKt.forClasses(SessionLocks.class.getName(), LongAdder.class.getName())
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

    /** Waits as a blocking caller does, in whatever thread. */
    private static final class Party extends CompletableFuture<SessionLock.Lease> implements Waiter {

        @Override
        public long since() {
            return 0;
        }

        @Override
        public void grant(HeldLease lease) {
            complete(lease);
        }
    }

    /** A lock with a queue, for one thread. */
    public static class Specification {

        private static final int NOBODY = -1;

        private final Deque<Integer> queue = new ArrayDeque<>();
        private final boolean[] held = new boolean[PARTIES];
        private final boolean[] compacted = new boolean[PARTIES];
        private final boolean[] asked = new boolean[PARTIES];
        private int holder = NOBODY;
        private long epoch;

        /** For Lincheck. */
        public Specification() {}

        public String request(int party) {
            if (asked[party]) {
                return "no";
            }
            if (holder == NOBODY) {
                holder = party;
                return hold(party);
            }
            asked[party] = true;
            queue.add(party);
            return "queued";
        }

        public String tryAcquire(int party) {
            return asked[party] || holder == NOBODY ? request(party) : "taken";
        }

        public String giveUp(int party) {
            if (!asked[party] || held[party]) {
                return "no";
            }
            if (holder == party) {
                return hold(party);
            }
            queue.remove(party);
            asked[party] = false;
            return "left";
        }

        public String look(int party) {
            if (!asked[party] || held[party]) {
                return "no";
            }
            return holder == party ? hold(party) : "queued";
        }

        public void compacted(int party) {
            if (held[party] && !compacted[party]) {
                compacted[party] = true;
                epoch++;
            }
        }

        public void close(int party) {
            if (held[party]) {
                held[party] = false;
                asked[party] = false;
                holder = Objects.requireNonNullElse(queue.poll(), NOBODY);
            }
        }

        public boolean isLocked() {
            return holder != NOBODY;
        }

        public long epoch() {
            return epoch;
        }

        public void evictOrRestore() {}

        private String hold(int party) {
            asked[party] = true;
            held[party] = true;
            compacted[party] = false;
            return "held";
        }
    }
}
