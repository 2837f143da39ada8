package io.github.agentcompaction;

import org.junit.jupiter.api.Nested;

/**
 * What a store must let a state do: everything that it does without one. A store is held to it by a subclass, whose tests these
 * are.
 *
 * <p>It is called once for each state, from the constructor of a nested test: with the fields of the subclass set.
 */
public abstract class StoreContract {

    /**
     * Gives a state leases and summaries in the store: those of an agent that no other state has, whatever its name.
     *
     * @param state the state
     * @return the same
     */
    protected abstract SessionCompactionState.Builder share(SessionCompactionState.Builder state);

    /**
     * {@return how many rounds a race is given, or waiters a crowd has}
     *
     * @param local how many without a store
     */
    protected int rounds(int local) {
        return Math.min(local, Math.max(20, local / 100));
    }

    @Nested
    class Lock extends QueuedLockTest {
        @Override
        StoreContract store() {
            return StoreContract.this;
        }
    }

    @Nested
    class Waiters extends WaitersLeaveTogetherTest {
        @Override
        StoreContract store() {
            return StoreContract.this;
        }
    }

    @Nested
    class Locks extends SessionLocksTest {
        @Override
        StoreContract store() {
            return StoreContract.this;
        }
    }

    @Nested
    class DroppedLeases extends DroppedLeaseTest {
        @Override
        StoreContract store() {
            return StoreContract.this;
        }
    }

    @Nested
    class GivingUp extends WaiterTest {
        @Override
        StoreContract store() {
            return StoreContract.this;
        }
    }

    @Nested
    class Template extends CompactionTemplateTest {
        @Override
        StoreContract store() {
            return StoreContract.this;
        }
    }

    @Nested
    class AsyncTemplate extends CompactionTemplateAsyncTest {
        @Override
        StoreContract store() {
            return StoreContract.this;
        }
    }

    @Nested
    class InTheBackground extends BackgroundCompactionsTest {
        @Override
        StoreContract store() {
            return StoreContract.this;
        }
    }

    @Nested
    class SummariesOfStates extends DeferredSummariesTest {
        @Override
        StoreContract store() {
            return StoreContract.this;
        }
    }

    @Nested
    class Stress extends SessionLocksStressTest {
        @Override
        StoreContract store() {
            return StoreContract.this;
        }
    }
}
