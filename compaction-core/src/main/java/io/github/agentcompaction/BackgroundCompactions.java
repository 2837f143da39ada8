package io.github.agentcompaction;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The compactions of one agent that no task waits for: a few at once, and each session once.
 *
 * <p>{@link CompactionTemplate#compactInBackground} begins them. Here a service ends them when it shuts down: {@link #stop}
 * lets those that have begun come to an end, and {@link #cancel} interrupts those that still run then. A compaction that is
 * interrupted leaves the history as it was, or compacted; nothing in between.
 *
 * <p><b>Thread safety.</b> All methods may be called from any thread; none blocks.
 */
public final class BackgroundCompactions {

    private static final System.Logger log = System.getLogger(CompactionTemplate.class.getName());

    private final int max;
    private final GuardedCompactor compactor;
    private final Executor executor;
    private final Duration timeout;

    private final ReentrantLock mutex = new ReentrantLock();

    /** By their sessions. Guarded by the mutex, as all that follows is; what callers hang on a future runs without it. */
    private final Map<String, Running> running = new HashMap<>();

    private boolean stopped;

    /** Whether it was logged that answers come inside a transaction: each of them would be refused for the same reason. */
    private final AtomicBoolean refusalLogged = new AtomicBoolean();

    /**
     * @param max how many at once
     * @param executor runs the compactor
     * @param timeout how long one waits for a thread, and for a store to say whether it has the lease
     */
    BackgroundCompactions(int max, GuardedCompactor compactor, Executor executor, Duration timeout) {
        this.max = max;
        this.compactor = compactor;
        this.executor = executor;
        this.timeout = timeout;
    }

    /** {@return how many have begun and not ended, with those that wait for a thread} */
    public int running() {
        return underMutex(running::size);
    }

    /** Lets compactions begin again after {@link #stop}. */
    public void start() {
        underMutex(() -> stopped = false);
    }

    /**
     * Lets no more compactions begin.
     *
     * @return completes when those that have begun have ended
     */
    public CompletableFuture<@Nullable Void> stop() {
        return underMutex(() -> {
            stopped = true;
            return CompletableFuture.allOf(
                    running.values().stream().map(each -> each.ended).toArray(CompletableFuture[]::new));
        });
    }

    /** Interrupts the compactions that run and drops those that wait. They end soon after, unless a compactor ignores that. */
    public void cancel() {
        underMutex(() -> List.copyOf(running.values())).forEach(Running::cancel);
    }

    /**
     * Begins a compaction, unless the session has been or is being compacted, is suspended, or enough of them run.
     *
     * @return how it ended; never fails
     */
    CompletableFuture<CompactionOutcome> begin(CompactionAttempt attempt) {
        if (attempt.isLate() || attempt.lock().isLocked()) {
            return CompletableFuture.completedFuture(CompactionOutcome.JOINED);
        }
        try {
            attempt.lock().requireNoTransaction();
        } catch (CompactionException inTransaction) {
            return refused(attempt, inTransaction);
        }
        Running place = new Running(attempt.sessionId());
        CompactionOutcome kept = enter(place);
        if (kept == CompactionOutcome.REJECTED) { // told, because it may be what max is too low for
            compactor.tellEnded(attempt, kept);
        }
        if (kept != null) {
            return CompletableFuture.completedFuture(kept);
        }
        CompletableFuture<CompactionOutcome> result = AsyncCompaction.start(compactor, attempt, place, timeout);
        place.attempt(result);
        return result.handle((outcome, failure) -> outcome != null ? outcome : outcomeOf(attempt, failure));
    }

    /** {@return what keeps the session out; null if it has its place now} */
    private @Nullable CompactionOutcome enter(Running place) {
        if (compactor.isCoolingDown(place.sessionId)) {
            return CompactionOutcome.REJECTED;
        }
        return underMutex(() -> {
            if (running.containsKey(place.sessionId)) { // it may have no lease yet
                return CompactionOutcome.JOINED;
            }
            if (stopped || running.size() >= max) {
                return CompactionOutcome.REJECTED;
            }
            running.put(place.sessionId, place);
            return null;
        });
    }

    private CompletableFuture<CompactionOutcome> refused(CompactionAttempt attempt, CompactionException inTransaction) {
        if (refusalLogged.compareAndSet(false, true)) {
            logFailed(
                    attempt,
                    inTransaction.getMessage()
                            + " Further answers of this agent inside a transaction are counted as failed, and"
                            + " not logged.");
        }
        compactor.tellEnded(attempt, CompactionOutcome.FAILED);
        return CompletableFuture.completedFuture(CompactionOutcome.FAILED);
    }

    private static CompactionOutcome outcomeOf(CompactionAttempt attempt, Throwable failure) {
        if (failure instanceof CompactionFailedException failed) { // which the compactor's guard has logged
            return failed.rejected() ? CompactionOutcome.REJECTED : CompactionOutcome.FAILED;
        }
        CompactionException ours = failure instanceof CompactionException known ? known : null;
        if (failure instanceof CancellationException || (ours != null && ours.isStopped())) {
            return CompactionOutcome.CANCELLED;
        }
        logFailed(attempt, ours != null ? ours.getMessage() : failure.getClass().getName()); // others' may quote
        return CompactionOutcome.FAILED;
    }

    private static void logFailed(CompactionAttempt attempt, @Nullable String why) {
        log.log(Level.WARNING, "The history of " + attempt.lock() + " was not compacted in the background. " + why);
    }

    private <T extends @Nullable Object> T underMutex(Supplier<T> look) {
        mutex.lock();
        try {
            return look.get();
        } finally {
            mutex.unlock();
        }
    }

    /** The place of one session; runs its work so that it can be interrupted, and is left when that has ended. */
    private final class Running implements Executor {

        final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
        private final String sessionId;
        private @Nullable CompletableFuture<CompactionOutcome> attempt;
        private @Nullable Thread thread;
        private boolean cancelled;

        Running(String sessionId) {
            this.sessionId = sessionId;
        }

        void attempt(CompletableFuture<CompactionOutcome> result) {
            boolean late = underMutex(() -> {
                attempt = result;
                return cancelled;
            });
            if (late) {
                result.cancel(false);
            }
            result.whenComplete((outcome, failure) -> leaveIfEnded());
        }

        @Override
        public void execute(Runnable work) {
            executor.execute(() -> {
                underMutex(() -> thread = Thread.currentThread());
                try {
                    work.run();
                } finally {
                    underMutex(() -> thread = null);
                    Thread.interrupted(); // meant for this work and not for the next
                    leaveIfEnded();
                }
            });
        }

        void cancel() {
            CompletableFuture<CompactionOutcome> result = underMutex(() -> {
                cancelled = true;
                return attempt;
            });
            if (result != null) {
                result.cancel(false); // first, or the interrupt would count as the compactor's failure
            }
            underMutex(() -> {
                if (thread != null) {
                    thread.interrupt();
                }
                return null;
            });
        }

        /** Its thread may go on for a while after it was cancelled. */
        private void leaveIfEnded() {
            if (underMutex(
                    () -> attempt != null && attempt.isDone() && thread == null && running.remove(sessionId, this))) {
                ended.complete(null);
            }
        }
    }
}
