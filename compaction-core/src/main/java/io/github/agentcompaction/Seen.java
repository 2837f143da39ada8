package io.github.agentcompaction;

import java.time.Duration;

/**
 * What a task knows of its session when it reads the history.
 *
 * @param epoch the lock's epoch from before the history was read
 * @param at when that was, on the machine's clock ({@link System#nanoTime()}); compared with compactions of other replicas, of
 *     which a store tells only how long ago they were
 */
record Seen(long epoch, long at) {

    /** For those who need the lease in any case. */
    static final Seen NOTHING = new Seen(0, 0);

    static Seen now(QueuedLock lock) {
        return new Seen(lock.epoch(), System.nanoTime());
    }

    static Seen ago(long epoch, Duration sinceRead) {
        return new Seen(epoch, System.nanoTime() - Durations.toNanos(sinceRead));
    }

    /** {@return whether the history was read before that moment} */
    boolean isBefore(long nanoTime) {
        return at - nanoTime < 0;
    }
}
