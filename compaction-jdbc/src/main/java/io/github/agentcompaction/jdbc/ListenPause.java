package io.github.agentcompaction.jdbc;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * For how long the store does not listen, because its pool had no connection beside the one that listens: each time twice as
 * long. A pool that was only used up for a moment is not kept from it for good. Used by one thread at a time.
 */
final class ListenPause {

    private static final System.Logger log = System.getLogger(JdbcStore.class.getName());

    private static final long FIRST_NANOS = Duration.ofSeconds(30).toNanos();
    private static final long LONGEST_NANOS = Duration.ofMinutes(4).toNanos();

    private final LongSupplier nanoTime;
    private long length;
    private long end;

    /** @param nanoTime as System.nanoTime() */
    ListenPause(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    boolean isOver() {
        return length == 0 || nanoTime.getAsLong() - end >= 0;
    }

    void begin() {
        boolean first = length == 0;
        long now = nanoTime.getAsLong();
        // After a long time in which it went well, as if it was the first one.
        length = first || now - end > LONGEST_NANOS ? FIRST_NANOS : Math.min(2 * length, LONGEST_NANOS);
        end = now + length;
        log.log(
                first ? Level.WARNING : Level.DEBUG,
                "While one connection of the pool listened for released leases, no other one came within a second, and one came"
                        + " when it did no more. For " + Duration.ofNanos(length)
                        + " waiting tasks are told by polling; then"
                        + " the store listens again, and pauses for longer if that goes on. Give the pool more connections, of"
                        + " which two are free for this also when the service is busy, or have the store not listen, in Spring"
                        + " Boot with compaction.jdbc.listen=false. This is logged once.");
    }
}
