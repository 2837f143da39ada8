package io.github.agentcompaction.jdbc;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** Deletes idle rows now and then, on the occasion of other work: once a minute for each agent at most. Thread-safe. */
final class Purge {

    private static final System.Logger log = System.getLogger(JdbcStore.class.getName());

    private final Map<String, Long> last = new ConcurrentHashMap<>(); // by agent, as of System.nanoTime()
    private final Database database;
    private final Tables tables;
    private final StoreThreads threads;
    private final long periodNanos;
    private final AtomicBoolean failed = new AtomicBoolean();

    Purge(Database database, Tables tables, StoreThreads threads, Duration period) {
        this.database = database;
        this.tables = tables;
        this.threads = threads;
        this.periodNanos = period.toNanos();
    }

    /** Returns at once. */
    void ifDue(String agent, Duration timeToLive) {
        long now = System.nanoTime();
        Long before = last.get(agent);
        boolean due = before == null
                ? last.putIfAbsent(agent, now) == null
                : now - before >= periodNanos && last.replace(agent, before, now);
        if (due) {
            deleteSome(agent, timeToLive.toMillis());
        }
    }

    /** One batch after the other, so that other work gets its turn in between. */
    private void deleteSome(String agent, long ttlMillis) {
        threads.submit(() -> database.run(jdbc -> tables.on(jdbc).idleRows().deleteSome(agent, ttlMillis)), more -> {})
                .whenComplete((more, thrown) -> {
                    if (thrown != null) {
                        boolean first = failed.compareAndSet(false, true);
                        log.log(
                                first ? Level.WARNING : Level.DEBUG,
                                "Idle rows of the JDBC store's table were not deleted; another try follows in a while. If it goes"
                                        + " on, the table grows: look at the database, or delete rows whose touched_at is old.",
                                thrown);
                    } else if (more) {
                        deleteSome(agent, ttlMillis);
                    }
                });
    }
}
