package io.github.agentcompaction;

import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A task's wish to have its session compacted, as the blocking and the asynchronous form share it.
 *
 * @param lock the session's lock
 * @param seen what the task knew when it read the history
 * @param trigger why the task asks
 * @param asked when it began to ask, on the state's ticker
 * @param askedNanos the same on the machine's clock, which timeouts go by
 * @param limit the provider's error, if that is why
 * @param carrier runs the compactor, on whatever thread, with what the caller's thread carried
 */
record CompactionAttempt(
        QueuedLock lock,
        Seen seen,
        CompactionTrigger trigger,
        long asked,
        long askedNanos,
        @Nullable Throwable limit,
        Executor carrier) {

    String agent() {
        return lock.agent();
    }

    String sessionId() {
        return lock.sessionId();
    }

    /** {@return whether the session has been compacted since the task read the history} */
    boolean isLate() {
        return lock.epoch() != seen.epoch();
    }

    SessionLockTimeoutException timedOutInQueue() {
        Duration waited = Duration.ofNanos(System.nanoTime() - askedNanos);
        return new SessionLockTimeoutException(agent(), sessionId(), waited, limit);
    }

    SessionLockTimeoutException timedOutWithoutThread() {
        Duration waited = Duration.ofNanos(System.nanoTime() - askedNanos);
        return new SessionLockTimeoutException(
                agent(),
                sessionId(),
                "No thread of the executor has begun to compact " + lock + " within " + waited.toMillis()
                        + " ms; it is busy or has dropped the task. Give the template more compactionThreads, or another"
                        + " executor.",
                waited,
                limit);
    }

    /** Sets the thread's flag again; returns what is to be thrown. */
    CompactionException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        CompactionException interrupted =
                CompactionException.stopped(this, "Interrupted while waiting for the lock of " + lock + ".", cause);
        if (limit != null) {
            interrupted.addSuppressed(limit);
        }
        return interrupted;
    }
}
