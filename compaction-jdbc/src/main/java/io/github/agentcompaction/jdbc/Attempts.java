package io.github.agentcompaction.jdbc;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Repeats work on the database that failed for a reason that passes, a few times and not for long. Thread-safe. */
final class Attempts {

    private static final int MAX = 8;

    /** Doubled each time. All together outlast a burst of deadlocks. */
    private static final long FIRST_PAUSE_MILLIS = 20;

    /** At least half of it, as HikariCP gives out unseen what was in use half a second ago, be it dead. */
    private static final long LONGEST_PAUSE_MILLIS = 1_200;

    private final Duration limit;

    /**
     * @param limit after so long no further attempt begins; except after a deadlock or the like, which the database tells at once,
     *     also to one that has waited long
     */
    Attempts(Duration limit) {
        this.limit = limit;
    }

    /**
     * Runs the work until it succeeds or fails for good, and then throws what it threw last.
     *
     * @param passes says of a failure that another attempt may succeed
     */
    <T extends @Nullable Object> T run(Supplier<T> work, Predicate<RuntimeException> passes) {
        return run(System.nanoTime(), work, passes);
    }

    /**
     * As {@link #run(Supplier, Predicate)}, for a caller that has waited before.
     *
     * @param start when that began, as of System.nanoTime(): its waiting is part of the limit
     */
    <T extends @Nullable Object> T run(long start, Supplier<T> work, Predicate<RuntimeException> passes) {
        long limitNanos = limit.toNanos();
        for (int attempt = 1; ; attempt++) {
            try {
                return work.get();
            } catch (RuntimeException e) {
                boolean late = System.nanoTime() - start > limitNanos && !isDeadlock(e);
                if (attempt == MAX || late || !passes.test(e) || !pause(attempt)) {
                    throw e;
                }
            }
        }
    }

    private static boolean isDeadlock(RuntimeException e) {
        return Failures.isConflict(e) && !Failures.isRowLocked(e);
    }

    Duration limit() {
        return limit;
    }

    /** Longer each time, and of random length, so that two that met do not meet again. False if the thread was interrupted. */
    private static boolean pause(int attempt) {
        long millis = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << attempt - 1);
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(millis / 2, millis + 1));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
