package io.github.agentcompaction;

import io.github.agentcompaction.StagedCompactor.Prepared;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One run of an agent's compactor under a session's lease: prepares, commits, and gathers what listeners are told of it. */
final class CompactionRun {

    private static final System.Logger log = System.getLogger(CompactionTemplate.class.getName());

    private final SessionCompactionState state;
    private final CompactionAttempt attempt;
    private final HeldLease lease;
    private final long start;

    private CompactionUsage usage = CompactionUsage.UNKNOWN;
    private int joined;

    /** How it has ended; FAILED unless it is known better. */
    private CompactionOutcome outcome = CompactionOutcome.FAILED;

    private CompactionRun(SessionCompactionState state, CompactionAttempt attempt, HeldLease lease) {
        this.state = state;
        this.attempt = attempt;
        this.lease = lease;
        this.start = state.now();
    }

    /** Tells the listeners that the compactor is about to be called. {@link #end} is to follow. */
    static CompactionRun begin(SessionCompactionState state, CompactionAttempt attempt, HeldLease lease) {
        state.listeners()
                .tell(listener -> listener.compactionStarted(attempt.agent(), attempt.sessionId(), attempt.trigger()));
        return new CompactionRun(state, attempt, lease);
    }

    /**
     * Calls the compactor.
     *
     * @param cancelled whether the future that this works for has been cancelled
     * @return COMPACTED, JOINED if the history was rewritten meanwhile, or NOTHING
     * @throws Failure if the compactor has failed
     * @throws LeaseLostException if the lease is another replica's now
     * @throws StoreUnavailableException if the store does not answer
     * @throws CompactionException if the compaction was interrupted or cancelled
     */
    CompactionOutcome call(Compactor compactor, BooleanSupplier cancelled) throws Failure {
        outcome = compact(compactor, cancelled);
        return outcome;
    }

    private CompactionOutcome compact(Compactor compactor, BooleanSupplier cancelled) throws Failure {
        Commit commit;
        boolean applied;
        try {
            Optional<Prepared> found = prepare(compactor);
            if (found == null) { // user code, compiled without null checks
                throw returned("null");
            }
            if (found.isEmpty()) {
                return CompactionOutcome.NOTHING;
            }
            Prepared prepared = found.get();
            CompactionUsage counted = prepared.usage();
            if (counted == null) {
                throw returned("null for the usage of its summary");
            }
            usage = counted; // first: a summary that is of no use has its price, too
            String summary = prepared.summary();
            if (summary == null || summary.isBlank()) {
                throw returned("a blank summary, or null for it");
            }
            commit = state.commit(lease, attempt.sessionId(), prepared, summary);
            applied = commit.write();
        } catch (LeaseLostException | StoreUnavailableException | Failure e) {
            throw e;
        } catch (Throwable e) {
            if (cancelled.getAsBoolean() || CompactionException.isInterrupt(e)) {
                throw stopped(e);
            }
            throw new Failure("the compactor threw " + e.getClass().getName() + ".", e);
        }
        if (!applied) { // the history is another one, so the tasks should look at it, as after a compaction by others
            lease.moveEpoch();
            log.log(
                    Level.INFO,
                    "The summary of " + attempt.lock()
                            + " was not used: its history was rewritten while the summary was"
                            + " being made. The waiting tasks go on with the new history.");
            return CompactionOutcome.JOINED;
        }
        try {
            commit.storeSummary(state.summaries());
        } finally {
            joined = lease.moveEpoch(); // the history is another one, whatever happens
        }
        logCompacted(state.since(start));
        return CompactionOutcome.COMPACTED;
    }

    private @Nullable Optional<Prepared> prepare(Compactor compactor) throws Exception {
        String sessionId = attempt.sessionId();
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
    private CompactionException stopped(Throwable cause) {
        if (cause instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        outcome = CompactionOutcome.CANCELLED;
        return CompactionException.stopped(
                attempt, "Compacting " + attempt.lock() + " was interrupted or cancelled.", cause);
    }

    private static Failure returned(String what) {
        return new Failure(
                "the compactor returned " + what
                        + ". It must return the summary, or Optional.empty() if nothing is left to compact.",
                null);
    }

    /** Tells the listeners how it ended. To be called once, when the lease has been given back: they may use the session. */
    void end() {
        CompactionReport report = new CompactionReport(attempt.trigger(), outcome, state.since(start), joined, usage);
        state.listeners().tell(listener -> listener.compactionEnded(attempt.agent(), attempt.sessionId(), report));
    }

    private void logCompacted(Duration took) {
        String tokens = usage.tokensBefore().isPresent() && usage.tokensAfter().isPresent()
                ? ", " + usage.tokensBefore().getAsLong() + " -> "
                        + usage.tokensAfter().getAsLong() + " tokens"
                : "";
        log.log(
                Level.INFO,
                "Compacted " + attempt.lock() + " in " + took.toMillis() + " ms" + tokens + "; " + joined + " waiting "
                        + (joined == 1 ? "task" : "tasks") + " joined.");
    }

    /** What the compactor did wrong. */
    static final class Failure extends Exception {

        private static final long serialVersionUID = 1L;

        /** @param reason without any text of the conversation */
        Failure(String reason, @Nullable Throwable cause) {
            super(reason, cause, false, false);
        }

        String reason() {
            return Objects.requireNonNull(getMessage());
        }
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
