package io.github.agentcompaction.jdbc;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A mutex for each session that is in use. Thread-safe. */
final class SessionMutexes {

    private final ConcurrentMap<RowKey, Shared> inUse = new ConcurrentHashMap<>();

    /** As {@link Mutex#hold}, among the threads that work on the same session. */
    <T extends @Nullable Object> T hold(RowKey key, Duration limit, Supplier<T> work) {
        Shared shared = inUse.compute(key, (k, found) -> {
            Shared mine = found == null ? new Shared() : found;
            mine.users++;
            return mine;
        });
        try {
            return shared.mutex.hold(limit, work);
        } finally {
            inUse.computeIfPresent(key, (k, mine) -> --mine.users == 0 ? null : mine);
        }
    }

    int size() {
        return inUse.size();
    }

    private static final class Shared {
        final Mutex mutex = new Mutex();
        int users; // changed by the map's own operations on its key, one at a time
    }
}
