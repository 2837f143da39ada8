package io.github.agentcompaction;

import org.jspecify.annotations.Nullable;

/** The sessions that the current thread is just compacting, so that a compactor which would wait for itself is stopped. */
final class RunningCompactions {

    private static final ThreadLocal<@Nullable Running> INNERMOST = new ThreadLocal<>();

    private RunningCompactions() {}

    static void enter(QueuedLock lock) {
        INNERMOST.set(new Running(lock, INNERMOST.get()));
    }

    static void exit() {
        Running innermost = INNERMOST.get();
        if (innermost == null || innermost.outer == null) {
            INNERMOST.remove();
        } else {
            INNERMOST.set(innermost.outer);
        }
    }

    /** Throws if this thread is inside the compactor for that session: the lease would never come. */
    static void refuseNested(QueuedLock lock) {
        if (isInside(lock)) {
            throw new CompactionException(
                    lock.agent(),
                    lock.sessionId(),
                    "The compactor asked for the lock of " + lock + ", the session that it is compacting, and"
                            + " would wait for itself. Call the model directly in the compactor, or give it a session of"
                            + " its own.",
                    null);
        }
    }

    static boolean isInside(QueuedLock lock) {
        for (Running running = INNERMOST.get(); running != null; running = running.outer) {
            if (running.lock == lock) {
                return true;
            }
        }
        return false;
    }

    private record Running(QueuedLock lock, @Nullable Running outer) {}
}
