package io.github.agentcompaction;

import io.github.agentcompaction.CompactionListener.StoreOperation;
import io.github.agentcompaction.CompactionListener.StoreOutcome;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Calls the store of one agent: measures each call for the listeners, and logs when the store goes down and comes back. */
final class StoreCalls {

    private static final System.Logger log = System.getLogger(SessionCompactionState.class.getName());

    private final String agent;
    private final Listeners listeners;
    private final AtomicBoolean down = new AtomicBoolean();

    StoreCalls(String agent, Listeners listeners) {
        this.agent = agent;
        this.listeners = listeners;
    }

    /**
     * Calls the store.
     *
     * @param refused whether an answer means no: a busy or lost lease
     * @return completes when the store's stage does, on the same thread, which is the store's: what hangs on it must not block,
     *     and must be none of a user's code. A call that throws is a failed stage
     */
    <T> CompletionStage<T> call(StoreOperation operation, Supplier<CompletionStage<T>> call, Predicate<T> refused) {
        long start = System.nanoTime();
        CompletionStage<T> stage;
        try {
            stage = call.get();
        } catch (Throwable e) {
            stage = CompletableFuture.failedFuture(e);
        }
        return stage.whenComplete(
                (value, failure) -> done(operation, start, outcome(value, failure, refused), failure));
    }

    /** Notes a call that was made without {@link #call}. */
    void done(StoreOperation operation, long start, StoreOutcome outcome, @Nullable Throwable failure) {
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        listeners.tellLater(listener -> listener.storeCalled(agent, operation, outcome, took));
        if (outcome != StoreOutcome.FAILED) {
            if (down.get() && down.compareAndSet(true, false)) {
                log.log(Level.INFO, "The store of agent '" + Names.printable(agent) + "' answers again.");
            }
        } else if (down.compareAndSet(false, true)) {
            log.log(
                    Level.WARNING,
                    "The store of agent '" + Names.printable(agent) + "' does not answer (" + operation + ": "
                            + name(failure)
                            + "). Until it is back, summaries that are due are not shown and sessions cannot"
                            + " be compacted together with other replicas; what else is in the same database, such as the"
                            + " history, cannot be read either. This is logged once for each outage.");
        }
    }

    /** The class alone: a message of the client may hold what was to be written. */
    private static String name(@Nullable Throwable failure) {
        return failure == null ? "no reason" : unwrapped(failure).getClass().getName();
    }

    private static <T> StoreOutcome outcome(@Nullable T value, @Nullable Throwable failure, Predicate<T> refused) {
        if (failure != null || value == null) {
            return failure == null ? StoreOutcome.OK : StoreOutcome.FAILED;
        }
        return refused.test(value) ? StoreOutcome.REFUSED : StoreOutcome.OK;
    }

    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    /**
     * Blocks until the stage is complete, which the store promises within its time limit; an interrupt does not end the wait,
     * because the answer decides what is true.
     *
     * @throws CompletionException with what the stage failed with
     */
    static <T extends @Nullable Object> T await(CompletionStage<T> stage) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        if (future.isDone()) {
            return future.join();
        }
        CountDownLatch done = new CountDownLatch(1);
        future.whenComplete((value, failure) -> done.countDown());
        boolean interrupted = false;
        while (done.getCount() > 0) {
            try {
                done.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return future.join();
    }
}
