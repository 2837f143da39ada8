package io.github.agentcompaction;

import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls an agent's compactor under a session's lease, and keeps the rules: failures do not multiply, and a compactor cannot
 * wait for itself.
 */
final class GuardedCompactor {

    private static final System.Logger log = System.getLogger(CompactionTemplate.class.getName());

    private final SessionCompactionState state;
    private final Compactor compactor;
    private final FailureLedger failures;

    GuardedCompactor(SessionCompactionState state, Compactor compactor, FailureLedger failures) {
        this.state = state;
        this.compactor = compactor;
        this.failures = failures;
    }

    boolean isCoolingDown(String sessionId) {
        return failures.coolDown(sessionId) != null;
    }

    /** Throws if the session is cooling down; asked before queueing, so that no task queues in vain. */
    void rejectIfCoolingDown(CompactionAttempt attempt) {
        Ended rejection = attempt.isLate() ? null : rejection(attempt);
        if (rejection != null) {
            join(attempt, rejection);
        }
    }

    /** Ends an attempt for which the compactor was not called, such as one that another task's compaction has ended, too. */
    CompactionOutcome join(CompactionAttempt attempt, Ended ended) {
        tellEnded(attempt, ended.outcome());
        return outcome(attempt, ended);
    }

    /** Tells the listeners how an attempt has ended for which the compactor was not called. */
    void tellEnded(CompactionAttempt attempt, CompactionOutcome outcome) {
        CompactionReport report = new CompactionReport(
                attempt.trigger(), outcome, state.since(attempt.asked()), 0, CompactionUsage.UNKNOWN);
        state.listeners().tell(listener -> listener.compactionEnded(attempt.agent(), attempt.sessionId(), report));
    }

    /**
     * Compacts the session and closes the lease. The tasks that wait for the compaction leave with its outcome, unless
     * it failed in a way that leaves the next of them a try.
     *
     * @param cancelled whether the future that this works for has been cancelled
     */
    CompactionOutcome compact(CompactionAttempt attempt, HeldLease lease, BooleanSupplier cancelled) {
        CompactionRun run = null;
        Ended ended;
        Ended forWaiters = null;
        RunningCompactions.enter(attempt.lock()); // listeners are called under the lease, too
        try {
            ended = rejection(attempt);
            if (ended == null) {
                run = CompactionRun.begin(state, attempt, lease);
                ended = call(run, attempt, cancelled);
            }
            forWaiters = forWaiters(attempt, ended);
        } finally {
            RunningCompactions.exit();
            try {
                lease.close(forWaiters, this);
            } finally {
                if (run != null) {
                    run.end();
                }
            }
        }
        return run == null ? join(attempt, ended) : outcome(attempt, ended);
    }

    private Ended call(CompactionRun run, CompactionAttempt attempt, BooleanSupplier cancelled) {
        try {
            CompactionOutcome outcome = run.call(compactor, cancelled);
            failures.succeeded(attempt.sessionId());
            return Ended.of(outcome);
        } catch (CompactionRun.Failure e) {
            return failed(attempt, e.reason(), e.getCause());
        } // what else is thrown says nothing about whether the compactor works
    }

    /** With what the waiters leave, or null if the next of them is to try. After a compaction they have left already. */
    private @Nullable Ended forWaiters(CompactionAttempt attempt, Ended ended) {
        return switch (ended.outcome()) {
            case NOTHING, REJECTED -> ended;
            case FAILED -> rejection(attempt);
            case COMPACTED, JOINED, CANCELLED -> null;
        };
    }

    private Ended failed(CompactionAttempt attempt, String reason, @Nullable Throwable cause) {
        int inARow = failures.failed(attempt.sessionId(), cause);
        String message = "Compacting " + attempt.lock() + " failed: " + reason;
        logFailed(message, inARow, failures.coolDown(attempt.sessionId()));
        return new Ended(CompactionOutcome.FAILED, message, cause);
    }

    private @Nullable Ended rejection(CompactionAttempt attempt) {
        FailureLedger.CoolDown coolDown = failures.coolDown(attempt.sessionId());
        if (coolDown == null) {
            return null;
        }
        String message = "Compacting " + attempt.lock() + " was not tried: it failed " + coolDown.failures()
                + " times in a row, and the next try is allowed in "
                + coolDown.left().toMillis() + " ms.";
        return new Ended(CompactionOutcome.REJECTED, message, coolDown.cause());
    }

    private static CompactionOutcome outcome(CompactionAttempt attempt, Ended ended) {
        CompactionOutcome outcome = ended.outcome();
        if (outcome == CompactionOutcome.FAILED || outcome == CompactionOutcome.REJECTED) {
            throw new CompactionFailedException(
                    attempt.agent(),
                    attempt.sessionId(),
                    Objects.requireNonNull(ended.message()),
                    ended.cause(),
                    outcome == CompactionOutcome.REJECTED);
        }
        return outcome;
    }

    /** Without the cause, whose message may quote the conversation. The tasks that share the failure log nothing. */
    private void logFailed(String message, int inARow, FailureLedger.@Nullable CoolDown coolDown) {
        log.log(
                Level.WARNING,
                message + " Failures in a row: " + inARow + " (maxFailures " + failures.maxFailures() + "); "
                        + (coolDown == null
                                ? "the next task tries again."
                                : "the session's compactor is suspended for "
                                        + coolDown.left().toMillis() + " ms."));
    }
}
