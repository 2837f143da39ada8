package io.github.agentcompaction;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;

/**
 * A test of what a state does, whether it shares a store or not. It makes its states here and nowhere else, so that
 * {@link StoreContract} can run it again over each store.
 */
abstract class StateTest {

    /** {@return the store that the states share, or null if there is none} */
    @Nullable
    StoreContract store() {
        return null;
    }

    /** {@return a builder of a state that shares nothing with any other} Called before the fields of the test are set. */
    final SessionCompactionState.Builder newState() {
        StoreContract store = store();
        return store == null ? SessionCompactionState.builder() : store.share(SessionCompactionState.builder());
    }

    /** {@return whether the states have a store} What needs its answer is not complete at once then. */
    final boolean isShared() {
        return store() != null;
    }

    /** {@return how many rounds, or waiters, instead of so many} Fewer with a store, whose answers take longer. */
    final int rounds(int local) {
        StoreContract store = store();
        return store == null ? local : store.rounds(local);
    }

    /** {@return a time limit in which a lease that is free can be had for certain} */
    final Duration enoughForALease(Duration local) {
        return isShared() ? local.plus(Duration.ofSeconds(3)) : local;
    }

    /** Asserts it at once; with a store, when that has answered. */
    final void soon(ThrowingRunnable assertion) {
        if (isShared()) {
            await().atMost(Duration.ofSeconds(Tasks.LIMIT_SECONDS))
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .untilAsserted(assertion);
            return;
        }
        try {
            assertion.run();
        } catch (Error | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
