package io.github.agentcompaction;

import io.github.agentcompaction.StagedCompactor.Prepared;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
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

    /** Throws if the session is cooling down; asked before queueing, so that no task queues in vain. */
    void rejectIfCoolingDown(CompactionAttempt attempt) {
        Ended rejection = attempt.isLate() ? null : rejection(attempt);
        if (rejection != null) {
            finish(attempt, rejection, attempt.asked());
        }
    }

    /** Ends an attempt that did not need the lease, because another task's compaction ended for it too. */
    CompactionOutcome join(CompactionAttempt attempt, Ended ended) {
        return finish(attempt, ended, attempt.asked());
    }

    /**
     * Compacts the session and closes the lease. The tasks that wait for the compaction leave with its outcome, unless
     * it failed in a way that leaves the next of them a try.
     *
     * @param cancelled whether the future that this works for has been cancelled
     */
    CompactionOutcome compact(CompactionAttempt attempt, HeldLease lease, BooleanSupplier cancelled) {
        Ended ended;
        Ended forWaiters = null;
        long start = attempt.asked();
        RunningCompactions.enter(attempt.lock()); // listeners are called under the lease, too
        try {
            ended = rejection(attempt);
            if (ended == null) {
                start = state.now();
                ended = callCompactor(attempt, lease, cancelled);
            }
            forWaiters = forWaiters(attempt, ended);
        } finally {
            RunningCompactions.exit();
            lease.close(forWaiters, this);
        }
        return finish(attempt, ended, start);
    }

    /** With what the waiters leave, or null if the next of them is to try. After a compaction they have left already. */
    private @Nullable Ended forWaiters(CompactionAttempt attempt, Ended ended) {
        return switch (ended.outcome()) {
            case NOTHING, REJECTED -> ended;
            case FAILED -> rejection(attempt);
            case COMPACTED, JOINED -> null;
        };
    }

    private Ended callCompactor(CompactionAttempt attempt, HeldLease lease, BooleanSupplier cancelled) {
        String sessionId = attempt.sessionId();
        state.listeners().tell(listener -> listener.compactionStarted(attempt.agent(), sessionId, attempt.trigger()));
        long start = state.now();
        String summary;
        CompactionUsage usage;
        Commit commit;
        boolean applied;
        try {
            Optional<Prepared> found = prepare(sessionId, lease);
            if (found == null) { // user code, compiled without null checks
                return failed(attempt, returned("null"), null);
            }
            if (found.isEmpty()) {
                failures.succeeded(sessionId);
                return Ended.of(CompactionOutcome.NOTHING);
            }
            Prepared prepared = found.get();
            summary = prepared.summary();
            usage = prepared.usage();
            if (summary == null || summary.isBlank() || usage == null) {
                return failed(attempt, returned("a blank summary, or null for it or its usage"), null);
            }
            commit = state.commit(lease, sessionId, prepared, summary);
            applied = commit.write();
        } catch (LeaseLostException | StoreUnavailableException e) { // says nothing about whether the compactor works
            tellEnded(attempt, CompactionOutcome.FAILED, start);
            throw e;
        } catch (Throwable e) {
            if (cancelled.getAsBoolean() || CompactionException.isInterrupt(e)) {
                throw stopped(attempt, e);
            }
            return failed(attempt, "the compactor threw " + e.getClass().getName() + ".", e);
        }
        failures.succeeded(sessionId);
        if (!applied) { // the history is another one, so the tasks should look at it, as after a compaction by others
            lease.moveEpoch();
            log.log(
                    Level.INFO,
                    "The summary of " + attempt.lock()
                            + " was not used: its history was rewritten while the summary was"
                            + " being made. The waiting tasks go on with the new history.");
            return Ended.of(CompactionOutcome.JOINED);
        }
        int joined;
        try {
            commit.storeSummary(state.summaries());
        } finally {
            joined = lease.moveEpoch(); // the history is another one, whatever happens
        }
        logCompacted(attempt, state.since(start), joined, usage);
        return Ended.of(CompactionOutcome.COMPACTED);
    }

    private @Nullable Optional<Prepared> prepare(String sessionId, HeldLease lease) throws Exception {
        if (compactor instanceof StagedCompactor staged) {
            return staged.prepare(sessionId, lease);
        }
        Optional<String> summary = compactor.compact(sessionId, lease);
        if (summary == null) {
            return null;
        }
        lease.noteWritten();
        return summary.map(Applied::new);
    }

    /** Interrupts and cancels say nothing about whether the compactor works. */
    private static CompactionException stopped(CompactionAttempt attempt, Throwable cause) {
        if (cause instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        return new CompactionException(
                attempt.agent(),
                attempt.sessionId(),
                "Compacting " + attempt.lock() + " was interrupted or cancelled.",
                cause);
    }

    private Ended failed(CompactionAttempt attempt, String reason, @Nullable Throwable cause) {
        int inARow = failures.failed(attempt.sessionId(), cause);
        String message = "Compacting " + attempt.lock() + " failed: " + reason;
        logFailed(message, inARow, failures.coolDown(attempt.sessionId()));
        return new Ended(CompactionOutcome.FAILED, message, cause);
    }

    private static String returned(String what) {
        return "the compactor returned " + what
                + ". It must return the summary, or Optional.empty() if nothing is left to compact.";
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

    private CompactionOutcome finish(CompactionAttempt attempt, Ended ended, long start) {
        CompactionOutcome outcome = ended.outcome();
        tellEnded(attempt, outcome, start);
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

    private void tellEnded(CompactionAttempt attempt, CompactionOutcome outcome, long start) {
        state.listeners()
                .tell(listener ->
                        listener.compactionEnded(attempt.agent(), attempt.sessionId(), outcome, state.since(start)));
    }

    private static void logCompacted(CompactionAttempt attempt, Duration took, int joined, CompactionUsage usage) {
        String tokens = usage.tokensBefore().isPresent() && usage.tokensAfter().isPresent()
                ? ", " + usage.tokensBefore().getAsLong() + " -> "
                        + usage.tokensAfter().getAsLong() + " tokens"
                : "";
        log.log(
                Level.INFO,
                "Compacted " + attempt.lock() + " in " + took.toMillis() + " ms" + tokens + "; " + joined + " waiting "
                        + (joined == 1 ? "task" : "tasks") + " joined.");
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

    /** The summary of a compactor that does all in one step. */
    private record Applied(String summary) implements Prepared {
        @Override
        public boolean apply() {
            return true;
        }

        @Override
        public String toString() {
            return "Applied"; // not the text
        }
    }
}
