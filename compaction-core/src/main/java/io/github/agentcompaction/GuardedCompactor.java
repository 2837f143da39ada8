package io.github.agentcompaction;

import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Calls an agent's compactor under a session's lease, and keeps the rules: nobody compacts what somebody else has
 * compacted, failures do not multiply, and a compactor cannot wait for itself.
 */
final class GuardedCompactor {

    private final SessionCompactionState state;
    private final Compactor compactor;
    private final int maxFailures;
    private final Duration failureCooldown;

    GuardedCompactor(SessionCompactionState state, Compactor compactor, int maxFailures, Duration failureCooldown) {
        this.state = state;
        this.compactor = compactor;
        this.maxFailures = maxFailures;
        this.failureCooldown = failureCooldown;
    }

    /** Throws if the session failed too often; asked before queueing, so that nobody queues in vain. */
    void rejectIfCoolingDown(SessionLock lock, String sessionId, long seenEpoch, long asked) {
        Ended rejection = lock.epoch() == seenEpoch ? rejection(lock, sessionId, asked) : null;
        if (rejection != null) {
            finish(sessionId, rejection);
        }
    }

    /**
     * Compacts the session unless somebody has since the given epoch. Closes the lease in any case, and only then tells
     * the listener.
     *
     * @param asked when the task began to ask for the lease, on the state's ticker
     */
    CompactionOutcome compactOrJoin(
            SessionLock.Lease lease, SessionLock lock, String sessionId, long seenEpoch, long asked) {
        Ended ended;
        try (lease) {
            if (lock.epoch() != seenEpoch) {
                ended = new Ended(CompactionOutcome.JOINED, asked, null);
            } else {
                Ended rejection = rejection(lock, sessionId, asked);
                ended = rejection != null ? rejection : compact(lease, lock, sessionId);
            }
        }
        return finish(sessionId, ended);
    }

    private @Nullable Ended rejection(SessionLock lock, String sessionId, long asked) {
        FailureLedger.Streak streak = state.failures().streak(lock);
        if (streak == null || streak.length() < maxFailures) {
            return null;
        }
        long left = Durations.toNanos(failureCooldown) - (state.now() - streak.lastAt());
        if (left <= 0) {
            return null;
        }
        String message = "Compacting " + session(sessionId) + " was not tried: it failed " + streak.length()
                + " times in a row, and the next try is allowed in "
                + Duration.ofNanos(left).toMillis() + " ms.";
        return new Ended(CompactionOutcome.REJECTED, asked, failed(sessionId, message, streak.cause(), true));
    }

    private Ended compact(SessionLock.Lease lease, SessionLock lock, String sessionId) {
        long start = state.now();
        Optional<String> summary;
        try {
            summary = callCompactor(lock, sessionId);
        } catch (Throwable e) {
            if (isCancellation(e)) {
                return new Ended(null, start, cancelled(sessionId, e));
            }
            String message = "Compacting " + session(sessionId) + " failed: the compactor threw "
                    + e.getClass().getName() + ".";
            return failure(lock, start, failed(sessionId, message, e, false));
        }
        if (summary == null) { // user code, compiled without null checks
            return failure(lock, start, failed(sessionId, returned(sessionId, "null"), null, false));
        }
        if (summary.isPresent() && summary.get().isBlank()) {
            return failure(lock, start, failed(sessionId, returned(sessionId, "a blank summary"), null, false));
        }
        state.failures().succeeded(lock);
        if (summary.isEmpty()) {
            return new Ended(CompactionOutcome.NOTHING, start, null);
        }
        state.storeSummary(sessionId, summary.get());
        lease.compacted();
        return new Ended(CompactionOutcome.COMPACTED, start, null);
    }

    private Optional<String> callCompactor(SessionLock lock, String sessionId) throws Exception {
        RunningCompactions.enter(lock);
        try {
            return compactor.compact(sessionId);
        } finally {
            RunningCompactions.exit();
        }
    }

    private Ended failure(SessionLock lock, long start, CompactionFailedException failure) {
        state.failures().failed(lock, state.now(), failure.getCause());
        return new Ended(CompactionOutcome.FAILED, start, failure);
    }

    /**
     * Somebody stopped the compactor; that says nothing about whether it works. An InterruptedIOException alone does not
     * count: HTTP clients throw it when a call has timed out.
     */
    private static boolean isCancellation(Throwable failure) {
        return Thread.currentThread().isInterrupted()
                || Causes.of(failure)
                        .anyMatch(cause -> cause instanceof InterruptedException
                                || cause instanceof CancellationException
                                || cause instanceof ClosedByInterruptException);
    }

    private CompactionException cancelled(String sessionId, Throwable cause) {
        if (cause instanceof InterruptedException) { // further down the chain it may be another thread's
            Thread.currentThread().interrupt();
        }
        return new CompactionException(
                state.agent(), sessionId, "Compacting " + session(sessionId) + " was interrupted or cancelled.", cause);
    }

    private String returned(String sessionId, String what) {
        return "Compacting " + session(sessionId) + " failed: the compactor returned " + what
                + ". It must return the summary, or Optional.empty() if nothing is left to compact.";
    }

    private CompactionFailedException failed(
            String sessionId, String message, @Nullable Throwable cause, boolean rejected) {
        return new CompactionFailedException(state.agent(), sessionId, message, cause, rejected);
    }

    private CompactionOutcome finish(String sessionId, Ended ended) {
        if (ended.outcome != null) {
            state.listener().compactionEnded(state.agent(), sessionId, ended.outcome, state.since(ended.start));
        }
        if (ended.failure != null) {
            throw ended.failure;
        }
        return Objects.requireNonNull(ended.outcome);
    }

    private String session(String sessionId) {
        return Names.session(state.agent(), sessionId);
    }

    /** How an attempt ended: with an outcome, or a failure, or both. */
    private record Ended(
            @Nullable CompactionOutcome outcome,
            long start,
            @Nullable CompactionException failure) {}
}
