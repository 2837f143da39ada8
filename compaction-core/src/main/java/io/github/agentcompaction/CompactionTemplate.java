package io.github.agentcompaction;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Runs the tasks of one agent, and has their session compacted once when they hit the model's context limit.
 *
 * <p>Of the tasks that fail with a context-limit error, one takes the session's lease and calls the {@link Compactor}; the
 * others wait for the outcome. A task whose session has been compacted since it began joins without waiting. Then each
 * task is called again.
 *
 * <p>The summary is shown after the answer: {@link #execute} returns it together with the answer of a <em>root task</em>,
 * once; {@link #executeSubtask} leaves it for the root task.
 *
 * <p><b>Thread safety.</b> An agent has one template for all its sessions, used from any number of threads, platform or
 * virtual. The asynchronous forms block no thread except one of the {@link Builder#executor(Executor)} while the
 * compactor runs.
 *
 * <p><b>Errors.</b> An error of the task that is no context-limit error is rethrown untouched. All exceptions of this
 * class are {@link CompactionException}s, unchecked: {@link ContextLimitExceededException} when the conversation cannot
 * be made short enough, {@link CompactionFailedException} when the compactor fails or has failed too often,
 * {@link SessionLockTimeoutException} when another compaction of the session takes too long, and the parent itself after
 * an interrupt (the thread's flag is set again) and when a compactor uses the template for the session that it compacts.
 *
 * <p><b>Switched off</b> by {@link Builder#enabled(boolean)}, a template runs each task once and never looks at its error; a
 * root task still takes a summary that is there. Its {@code compact} methods return {@link CompactionOutcome#NOTHING}
 * without calling the compactor, and no listener hears of them.
 */
public final class CompactionTemplate {

    /** The retries of one task if not set: 3. */
    public static final int DEFAULT_MAX_COMPACTIONS = 3;

    /** How long a task waits for a session's lease if not set: five minutes. */
    public static final Duration DEFAULT_LOCK_TIMEOUT = Duration.ofMinutes(5);

    /** After how many failures in a row a session's compactor is suspended if not set: 3. */
    public static final int DEFAULT_MAX_FAILURES = 3;

    /** How long a session's compactor is suspended if not set: one minute. */
    public static final Duration DEFAULT_FAILURE_COOLDOWN = Duration.ofMinutes(1);

    /** How many compactions run in the background at once if not set: 4. */
    public static final int DEFAULT_MAX_BACKGROUND = 4;

    /** How many compactions of asynchronous tasks run at once if not set: 64. */
    public static final int DEFAULT_COMPACTION_THREADS = 64;

    private final SessionCompactionState state;
    private final GuardedCompactor compactor;
    private final boolean enabled;
    private final int maxCompactions;
    private final Duration lockTimeout;
    private final Predicate<Throwable> contextLimit;
    private final Executor executor;
    private final @Nullable UnaryOperator<Runnable> taskDecorator;
    private final BackgroundCompactions background;

    private CompactionTemplate(Builder builder) {
        this.state = builder.state;
        this.compactor = new GuardedCompactor(
                state, builder.compactor, state.newFailureLedger(builder.maxFailures, builder.failureCooldown));
        this.enabled = builder.enabled;
        this.maxCompactions = builder.maxCompactions;
        this.lockTimeout = builder.lockTimeout;
        this.contextLimit = builder.contextLimit;
        this.executor =
                builder.executor != null ? builder.executor : OnDemandThreads.bounded(builder.compactionThreads);
        this.taskDecorator = builder.taskDecorator;
        this.background = new BackgroundCompactions(builder.maxBackground, compactor, executor, lockTimeout);
    }

    /**
     * Starts a template for the agent of the given state.
     *
     * @param state the agent's state
     * @param compactor the agent's compactor
     * @return a builder with the defaults
     */
    public static Builder builder(SessionCompactionState state, Compactor compactor) {
        return new Builder(state, compactor);
    }

    /** {@return the state that this template coordinates with} */
    public SessionCompactionState state() {
        return state;
    }

    /** {@return whether this template compacts; false if it was switched off} */
    public boolean isEnabled() {
        return enabled;
    }

    /**
     * Runs a root task: one that answers the user.
     *
     * @param sessionId the session's id, not blank
     * @param task the task; called again after a compaction
     * @param <T> what the task answers
     * @param <E> what the task throws
     * @return the answer, and the session's deferred summary if there was one; the summary is taken only after success
     * @throws E what the task threw, if that was no context-limit error
     * @throws CompactionException if the session could not be compacted, or not enough
     */
    public <T extends @Nullable Object, E extends Exception> CompactedReply<T> execute(
            String sessionId, SessionTask<T, E> task) throws E {
        T value = run(sessionId, task, UnaryOperator.identity());
        return new CompactedReply<>(value, state.popSummary(sessionId));
    }

    /**
     * Runs a subtask: one that works for another task, and leaves the summary for the root task.
     *
     * @param sessionId the session's id, not blank
     * @param task the task; called again after a compaction
     * @param <T> what the task answers
     * @param <E> what the task throws
     * @return the answer
     * @throws E what the task threw, if that was no context-limit error
     * @throws CompactionException if the session could not be compacted, or not enough
     */
    public <T extends @Nullable Object, E extends Exception> T executeSubtask(String sessionId, SessionTask<T, E> task)
            throws E {
        return run(sessionId, task, UnaryOperator.identity());
    }

    /**
     * Runs a subtask whose history was read before it is called, as where a conversation is read once and the model is called
     * several times. With a store that tells exactly whether another replica has compacted the session since.
     *
     * @param sessionId the session's id, not blank
     * @param task the task; called again after a compaction
     * @param sinceRead how long ago the history was read that the task's last call has used; asked when that has failed
     * @param <T> what the task answers
     * @param <E> what the task throws
     * @return the answer
     * @throws E what the task threw, if that was no context-limit error
     * @throws CompactionException if the session could not be compacted, or not enough
     */
    public <T extends @Nullable Object, E extends Exception> T executeSubtask(
            String sessionId, SessionTask<T, E> task, Supplier<Duration> sinceRead) throws E {
        Objects.requireNonNull(sinceRead, "sinceRead must not be null");
        return run(sessionId, task, seen -> Seen.ago(seen.epoch(), sinceRead.get()));
    }

    /**
     * Runs a root task without blocking. Cancelling the returned future stops the waiting and further tries; it cancels
     * neither a task nor a compaction that is under way, and the summary stays for the next root task.
     *
     * @param sessionId the session's id, not blank
     * @param task starts the task; called again after a compaction
     * @param <T> what the task answers
     * @return the answer and the summary, or the error, as {@link #execute} would give them
     */
    public <T extends @Nullable Object> CompletableFuture<CompactedReply<T>> executeAsync(
            String sessionId, Supplier<? extends CompletionStage<T>> task) {
        return AsyncRun.start(this, sessionId, task, UnaryOperator.identity(), AsyncRun.rootReply(state, sessionId));
    }

    /**
     * Runs a subtask without blocking. Cancelling works as for {@link #executeAsync}.
     *
     * @param sessionId the session's id, not blank
     * @param task starts the task; called again after a compaction
     * @param <T> what the task answers
     * @return the answer, or the error, as {@link #executeSubtask} would give them
     */
    public <T extends @Nullable Object> CompletableFuture<T> executeSubtaskAsync(
            String sessionId, Supplier<? extends CompletionStage<T>> task) {
        return AsyncRun.start(this, sessionId, task, UnaryOperator.identity(), AsyncRun.subtaskReply());
    }

    /**
     * Runs a subtask without blocking whose history was read before it is called, as
     * {@link #executeSubtask(String, SessionTask, Supplier)} does. Cancelling works as for {@link #executeAsync}.
     *
     * @param sessionId the session's id, not blank
     * @param task starts the task; called again after a compaction
     * @param sinceRead how long ago the history was read that the task's last call has used; asked when that has failed
     * @param <T> what the task answers
     * @return the answer, or the error, as {@link #executeSubtask} would give them
     */
    public <T extends @Nullable Object> CompletableFuture<T> executeSubtaskAsync(
            String sessionId, Supplier<? extends CompletionStage<T>> task, Supplier<Duration> sinceRead) {
        Objects.requireNonNull(sinceRead, "sinceRead must not be null");
        return AsyncRun.start(
                this, sessionId, task, seen -> Seen.ago(seen.epoch(), sinceRead.get()), AsyncRun.subtaskReply());
    }

    /**
     * Compacts a session on request: joins a compaction that is running, else compacts. Blocks.
     *
     * @param sessionId the session's id, not blank
     * @return {@link CompactionOutcome#COMPACTED}, {@link CompactionOutcome#JOINED} or {@link CompactionOutcome#NOTHING};
     *     the other outcomes are thrown, with their cause
     * @throws CompactionFailedException if the compactor failed, or is suspended because it had failed too often
     * @throws SessionLockTimeoutException if another compaction of the session took too long
     */
    public CompactionOutcome compact(String sessionId) {
        QueuedLock lock = lockOf(sessionId);
        return compactOrJoin(attempt(lock, Seen.now(lock), CompactionTrigger.MANUAL, null));
    }

    /**
     * Compacts a session unless another task has since its history was read. For a task that sees by itself that the history
     * has become too long, without an error of the model. Blocks.
     *
     * @param sessionId the session's id, not blank
     * @param seenEpoch {@link SessionLock#epoch()} of the session's lock, from before the history was read; hold on to
     *     that lock, because the successor of one that was dropped has another epoch
     * @return {@link CompactionOutcome#COMPACTED}, {@link CompactionOutcome#JOINED} or {@link CompactionOutcome#NOTHING};
     *     the other outcomes are thrown, with their cause
     * @throws CompactionFailedException if the compactor failed, or is suspended because it had failed too often
     * @throws SessionLockTimeoutException if another compaction of the session took too long
     */
    public CompactionOutcome compact(String sessionId, long seenEpoch) {
        QueuedLock lock = lockOf(sessionId);
        return compactOrJoin(attempt(lock, lock.seenSince(seenEpoch), CompactionTrigger.THRESHOLD, null));
    }

    /**
     * Does the same for a task that knows when it read the history. With a store this tells more exactly whether another replica
     * has compacted the session since; in doubt the task joins.
     *
     * @param sessionId the session's id, not blank
     * @param seenEpoch {@link SessionLock#epoch()} of the session's lock, from before the history was read
     * @param sinceRead how long ago the history was read
     * @return as {@link #compact(String, long)}
     * @throws CompactionFailedException if the compactor failed, or is suspended because it had failed too often
     * @throws SessionLockTimeoutException if another compaction of the session took too long
     */
    public CompactionOutcome compact(String sessionId, long seenEpoch, Duration sinceRead) {
        return compactOrJoin(
                attempt(lockOf(sessionId), Seen.ago(seenEpoch, sinceRead), CompactionTrigger.THRESHOLD, null));
    }

    /**
     * Compacts a session unless another task has since its history was read, without blocking. Cancelling works as for
     * {@link #executeAsync}.
     *
     * @param sessionId the session's id, not blank
     * @param seenEpoch {@link SessionLock#epoch()} of the session's lock, from before the history was read
     * @return the outcome, or the error, as {@link #compact(String, long)} would give them
     */
    public CompletableFuture<CompactionOutcome> compactAsync(String sessionId, long seenEpoch) {
        QueuedLock lock;
        try {
            lock = lockOf(sessionId);
        } catch (CompactionException e) {
            return CompletableFuture.failedFuture(e);
        }
        return compactAsync(attempt(lock, lock.seenSince(seenEpoch), CompactionTrigger.THRESHOLD, null, carrier()));
    }

    /**
     * Does the same for a task that knows when it read the history, as {@link #compact(String, long, Duration)} does.
     *
     * @param sessionId the session's id, not blank
     * @param seenEpoch {@link SessionLock#epoch()} of the session's lock, from before the history was read
     * @param sinceRead how long ago the history was read
     * @return the outcome, or the error, as {@link #compact(String, long, Duration)} would give them
     */
    public CompletableFuture<CompactionOutcome> compactAsync(String sessionId, long seenEpoch, Duration sinceRead) {
        QueuedLock lock;
        try {
            lock = lockOf(sessionId);
        } catch (CompactionException e) {
            return CompletableFuture.failedFuture(e);
        }
        return compactAsync(
                attempt(lock, Seen.ago(seenEpoch, sinceRead), CompactionTrigger.THRESHOLD, null, carrier()));
    }

    /**
     * Has a session compacted while its tasks go on, unless another task has since its history was read. For a task whose answer
     * has left the history long. Nobody waits for it; a task that overflows meanwhile joins it. Begins nothing where the session
     * is being compacted, is suspended after failures, or where {@link Builder#maxBackground(int)} of them run.
     *
     * @param sessionId the session's id, not blank
     * @param seenEpoch {@link SessionLock#epoch()} of the session's lock, from before the history was read
     * @param sinceRead how long ago the history was read
     * @return how it ended, which may be told at once: {@link CompactionOutcome#JOINED} where another task has compacted or does,
     *     {@link CompactionOutcome#REJECTED} where none may begin, {@link CompactionOutcome#FAILED} inside a transaction if the
     *     store commits in its own; never fails, since failures are logged and counted. Cancelling it changes nothing
     * @throws CompactionException if a compactor calls this for the session that it compacts
     */
    public CompletableFuture<CompactionOutcome> compactInBackground(
            String sessionId, long seenEpoch, Duration sinceRead) {
        QueuedLock lock = lockOf(sessionId);
        return enabled
                ? background.begin(
                        attempt(lock, Seen.ago(seenEpoch, sinceRead), CompactionTrigger.BACKGROUND, null, carrier()))
                : CompletableFuture.completedFuture(CompactionOutcome.NOTHING);
    }

    /** {@return the compactions that run in the background} */
    public BackgroundCompactions background() {
        return background;
    }

    /** @param read what the task has really seen, of what there was when it was called */
    private <T extends @Nullable Object, E extends Exception> T run(
            String sessionId, SessionTask<T, E> task, UnaryOperator<Seen> read) throws E {
        Objects.requireNonNull(task, "task must not be null");
        QueuedLock lock = lockOf(sessionId);
        for (int retries = 0; ; retries++) {
            Seen seen = Seen.now(lock); // before the task reads the history
            try {
                return task.call();
            } catch (Throwable failure) {
                if (!isContextLimit(failure)) {
                    throw failure;
                }
                requireRetryLeft(lock, retries, failure);
                CompactionAttempt attempt = attempt(lock, read.apply(seen), CompactionTrigger.OVERFLOW, failure);
                requireShortened(lock, compactOrJoin(attempt), failure);
            }
        }
    }

    private CompactionOutcome compactOrJoin(CompactionAttempt attempt) {
        if (!enabled) {
            return CompactionOutcome.NOTHING;
        }
        compactor.rejectIfCoolingDown(attempt);
        Turn turn;
        try {
            turn = attempt.lock().acquireOrJoin(compactor, attempt.seen(), lockTimeout);
        } catch (InterruptedException e) {
            throw attempt.interrupted(e);
        }
        if (turn == null) {
            throw attempt.timedOutInQueue();
        }
        return turn instanceof HeldLease lease
                ? compactor.compact(attempt, lease, () -> false)
                : compactor.join(attempt, (Ended) turn);
    }

    CompletableFuture<CompactionOutcome> compactAsync(CompactionAttempt attempt) {
        return enabled
                ? AsyncCompaction.start(compactor, attempt, executor, lockTimeout)
                : CompletableFuture.completedFuture(CompactionOutcome.NOTHING);
    }

    // What the blocking and the asynchronous form share.

    CompactionAttempt attempt(QueuedLock lock, Seen seen, CompactionTrigger trigger, @Nullable Throwable limit) {
        return attempt(lock, seen, trigger, limit, Runnable::run);
    }

    /** @param carrier runs the compactor with what the caller's thread has carried */
    CompactionAttempt attempt(
            QueuedLock lock, Seen seen, CompactionTrigger trigger, @Nullable Throwable limit, Executor carrier) {
        return new CompactionAttempt(lock, seen, trigger, state.now(), System.nanoTime(), limit, carrier);
    }

    /** {@return what runs one piece of work after the other with what this thread carries now} */
    Executor carrier() {
        if (taskDecorator == null) {
            return Runnable::run;
        }
        AtomicReference<@Nullable Runnable> work = new AtomicReference<>();
        Runnable decorated = taskDecorator.apply(
                () -> Objects.requireNonNull(work.getAndSet(null)).run());
        return next -> {
            work.set(next);
            decorated.run();
        };
    }

    /** The session's lock, unless this thread is just compacting that session. */
    QueuedLock lockOf(String sessionId) {
        QueuedLock lock = state.lockOf(sessionId);
        RunningCompactions.refuseNested(lock);
        return lock;
    }

    /**
     * Says whether this template compacts after a failure of a task.
     *
     * @param failure what the task threw
     * @return true for a context-limit error of the task's own; false for one that a template has dealt with already, and
     *     if this template is switched off
     */
    public boolean isContextLimit(Throwable failure) {
        if (!enabled || Causes.of(failure).anyMatch(CompactionException.class::isInstance)) {
            return false;
        }
        try {
            return contextLimit.test(failure);
        } catch (Throwable e) {
            if (e != failure) {
                failure.addSuppressed(e);
            }
            return false;
        }
    }

    void requireRetryLeft(QueuedLock lock, int retries, Throwable limit) {
        if (retries >= maxCompactions) {
            throw new ContextLimitExceededException(
                    lock.agent(),
                    lock.sessionId(),
                    "This conversation is too long for the model, also after it was summarized "
                            + (retries == 1 ? "once" : retries + " times")
                            + ". Please send a shorter message, or start a new conversation.",
                    limit);
        }
    }

    void requireShortened(QueuedLock lock, CompactionOutcome outcome, Throwable limit) {
        if (outcome == CompactionOutcome.NOTHING) {
            throw new ContextLimitExceededException(
                    lock.agent(),
                    lock.sessionId(),
                    "This conversation is too long for the model, and nothing in it can be summarized any more."
                            + " Please send a shorter message, or start a new conversation.",
                    limit);
        }
    }

    @Override
    public String toString() {
        return "CompactionTemplate[agent=" + Names.printable(state.agent()) + ", maxCompactions=" + maxCompactions
                + ", lockTimeout=" + lockTimeout + "]";
    }

    /** Builds a {@link CompactionTemplate}. Not thread-safe. */
    public static final class Builder {

        private final SessionCompactionState state;
        private final Compactor compactor;
        private boolean enabled = true;
        private int maxCompactions = DEFAULT_MAX_COMPACTIONS;
        private Duration lockTimeout = DEFAULT_LOCK_TIMEOUT;
        private int maxFailures = DEFAULT_MAX_FAILURES;
        private Duration failureCooldown = DEFAULT_FAILURE_COOLDOWN;
        private Predicate<Throwable> contextLimit = ContextLimitErrors::isContextLimit;
        private @Nullable Executor executor;
        private int compactionThreads = DEFAULT_COMPACTION_THREADS;
        private int maxBackground = DEFAULT_MAX_BACKGROUND;
        private @Nullable UnaryOperator<Runnable> taskDecorator;

        private Builder(SessionCompactionState state, Compactor compactor) {
            this.state = Objects.requireNonNull(state, "state must not be null");
            this.compactor = Objects.requireNonNull(compactor, "compactor must not be null");
        }

        /**
         * Switches compaction off, or on again; on if not set. The comment on {@link CompactionTemplate} says what a
         * switched-off template does.
         *
         * @param enabled whether to compact
         * @return this
         */
        public Builder enabled(boolean enabled) {
            this.enabled = enabled;
            return this;
        }

        /**
         * Sets how often one task is called again after a compaction, its own or another task's.
         *
         * @param maxCompactions at least 1
         * @return this
         */
        public Builder maxCompactions(int maxCompactions) {
            this.maxCompactions = requireAtLeastOne(maxCompactions, "maxCompactions");
            return this;
        }

        /**
         * Sets how long a task waits while another compaction of its session runs; an asynchronous one also for a thread
         * of the executor.
         *
         * @param lockTimeout longer than zero, on the machine's clock
         * @return this
         */
        public Builder lockTimeout(Duration lockTimeout) {
            this.lockTimeout = Durations.requirePositive(lockTimeout, "lockTimeout");
            return this;
        }

        /**
         * Sets after how many failures in a row the compactor of a session is suspended for the cool-down.
         *
         * @param maxFailures at least 1
         * @return this
         */
        public Builder maxFailures(int maxFailures) {
            this.maxFailures = requireAtLeastOne(maxFailures, "maxFailures");
            return this;
        }

        /**
         * Sets how long the compactor of a session is suspended after too many failures; then one task tries again.
         *
         * @param failureCooldown longer than zero, on the state's ticker
         * @return this
         */
        public Builder failureCooldown(Duration failureCooldown) {
            this.failureCooldown = Durations.requirePositive(failureCooldown, "failureCooldown");
            return this;
        }

        /**
         * Sets which errors of a task mean that the conversation is too long; {@link ContextLimitErrors} if not set.
         *
         * @param contextLimit is given the task's error as it was thrown
         * @return this
         */
        public Builder contextLimit(Predicate<Throwable> contextLimit) {
            this.contextLimit = Objects.requireNonNull(contextLimit, "contextLimit must not be null");
            return this;
        }

        /**
         * Sets how many compactions of asynchronous tasks run at once, on daemon threads of this library; the others wait
         * for a thread, within the lock timeout. Tasks that join a compaction need none. Means nothing with an
         * {@link #executor(Executor)}.
         *
         * @param compactionThreads at least 1
         * @return this
         */
        public Builder compactionThreads(int compactionThreads) {
            this.compactionThreads = requireAtLeastOne(compactionThreads, "compactionThreads");
            return this;
        }

        /**
         * Sets how many compactions run in the background at once. One more is not begun, which listeners are told as
         * {@link CompactionOutcome#REJECTED}; the next answer asks again.
         *
         * @param maxBackground at least 1
         * @return this
         */
        public Builder maxBackground(int maxBackground) {
            this.maxBackground = requireAtLeastOne(maxBackground, "maxBackground");
            return this;
        }

        /**
         * Sets how what the caller's thread carries, such as a trace or a logging context, comes to the thread that runs the
         * compactor for it: in the asynchronous forms and in the background. It does not by itself if not set.
         *
         * @param taskDecorator is called on the caller's thread, with work that is run later, on another thread, as often as the
         *     task is tried again; gives work that does the same with what it has taken along
         * @return this
         */
        public Builder taskDecorator(UnaryOperator<Runnable> taskDecorator) {
            this.taskDecorator = Objects.requireNonNull(taskDecorator, "taskDecorator must not be null");
            return this;
        }

        /**
         * Sets where the asynchronous forms run the blocking compactor, in the place of
         * {@link #compactionThreads(int)} threads of this library.
         *
         * @param executor an executor whose threads may block
         * @return this
         */
        public Builder executor(Executor executor) {
            this.executor = Objects.requireNonNull(executor, "executor must not be null");
            return this;
        }

        /** {@return a new template} */
        public CompactionTemplate build() {
            return new CompactionTemplate(this);
        }

        private static int requireAtLeastOne(int value, String argument) {
            if (value < 1) {
                throw new IllegalArgumentException(argument + " must be at least 1, but was " + value);
            }
            return value;
        }
    }
}
