package io.github.agentcompaction.jdbc;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that asks the database which of the waiting sessions have come free, with one query for all of them. It
 * exists only while a session waits, and a few seconds more. Thread-safe.
 *
 * <p>A query follows 50 ms after a newcomer, the next ones after twice the time each, up to a second. Where the database tells
 * by itself, the thread listens in between, and queries on another one: the pool may have no connection but the one that listens.
 */
final class ReleasePoller implements AutoCloseable {

    private static final System.Logger log = System.getLogger(JdbcStore.class.getName());

    private static final long FIRST_NANOS = 50_000_000; // 50 ms
    private static final long LONGEST_NANOS = 1_000_000_000; // 1 s
    private static final long LINGER_NANOS = 3_000_000_000L; // 3 s

    /** While it listens, the thread does not see a newcomer before so long. */
    private static final int LISTEN_MILLIS = 20;

    /** A pool that gives no connection for so long may have none free beside the one that listens. */
    private static final int CROWDED_MILLIS = 1000;

    private static final int BATCH = 100;
    private static final int CLOSING_MILLIS = 1000;

    private final WaitingSessions sessions;
    private final Database database;
    private final Tables tables;
    private final StoreThreads threads;
    private final SignalListener listener;
    private final ListenPause pause;

    private final ReentrantLock mutex = new ReentrantLock();
    private final Condition changed = mutex.newCondition();
    private @Nullable Thread thread; // guarded by the mutex, as all that follows
    private long delay = FIRST_NANOS;
    private long nextPoll;
    private long lastWaiting;
    private boolean closed;

    ReleasePoller(
            WaitingSessions sessions,
            Database database,
            Tables tables,
            StoreThreads threads,
            SignalListener listener,
            ListenPause pause) {
        this.sessions = sessions;
        this.database = database;
        this.tables = tables;
        this.threads = threads;
        this.listener = listener;
        this.pause = pause;
    }

    /** Has a session polled soon. */
    void newcomer() {
        mutex.lock();
        try {
            if (closed) {
                return;
            }
            long soon = System.nanoTime() + FIRST_NANOS;
            delay = FIRST_NANOS;
            if (thread == null) {
                nextPoll = soon;
                start();
            } else {
                nextPoll = nextPoll - soon > 0 ? soon : nextPoll;
                changed.signalAll();
            }
        } finally {
            mutex.unlock();
        }
    }

    /** To be called under the mutex. */
    private void start() {
        lastWaiting = System.nanoTime();
        Thread started = threads.newThread(this::run);
        thread = started;
        started.start();
    }

    private void run() {
        try {
            while (awaitTurn()) {
                if (pause.isOver() && listener.open()) {
                    sessions.signalMissed();
                }
                if (listener.isOpen()) {
                    pollWhileListening();
                } else {
                    poll(new CompletableFuture<>());
                }
            }
        } finally {
            Runnable giveBack = listener.disconnect();
            ended();
            giveBack.run();
        }
    }

    /** Only now another thread may begin, since two must not use the listener. */
    private void ended() {
        mutex.lock();
        try {
            thread = null;
            if (!closed && !sessions.isEmpty()) { // a newcomer that came meanwhile
                start();
            }
        } finally {
            mutex.unlock();
        }
    }

    /** Waits for the next poll, and hands on what the database tells meanwhile. Returns false if the thread is to end. */
    private boolean awaitTurn() {
        while (true) {
            long millis;
            mutex.lock();
            try {
                long now = System.nanoTime();
                boolean idle = sessions.isEmpty();
                if (!idle) {
                    lastWaiting = now;
                }
                if (closed || now - lastWaiting > LINGER_NANOS) {
                    return false;
                }
                if (!idle && now - nextPoll >= 0) {
                    nextPoll = now + delay;
                    delay = Math.min(2 * delay, LONGEST_NANOS);
                    return true;
                }
                millis = 1 + ((idle ? lastWaiting + LINGER_NANOS : nextPoll) - now) / 1_000_000;
                if (!listener.isOpen()) {
                    pause(millis);
                    continue;
                }
            } finally {
                mutex.unlock();
            }
            signal(listener.await((int) Math.min(millis, LISTEN_MILLIS)));
        }
    }

    /** To be called under the mutex. */
    private void pause(long millis) {
        try {
            changed.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // The thread is the store's own, which ends it with close().
        }
    }

    private void signal(List<String> told) {
        if (!told.isEmpty()) {
            Set<String> free = new HashSet<>(told);
            sessions.signal(sessions.keys().stream()
                    .filter(key -> free.contains(key.asText()))
                    .toList());
        }
    }

    /** If a poll gets its connection only after the listener's was given back, the pool has none free for both. */
    private void pollWhileListening() {
        CompletableFuture<Boolean> connected = new CompletableFuture<>();
        Thread polling = threads.newThread(() -> poll(connected));
        polling.start();
        if (comes(connected) == null) {
            // On a silent network that takes long, and the polls go on.
            threads.newThread(listener.disconnect()).start();
            if (Boolean.TRUE.equals(comes(connected))) { // else the database is down, and the next turn listens again
                pause.begin();
            }
        }
        join(polling, 0);
    }

    /** {@return null if it takes too long} */
    private static @Nullable Boolean comes(CompletableFuture<Boolean> connected) {
        try {
            return connected.get(CROWDED_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | InterruptedException | ExecutionException e) {
            return null;
        }
    }

    /** @param connected told whether the poll has got a connection */
    private void poll(CompletableFuture<Boolean> connected) {
        List<RowKey> keys = sessions.keys();
        try {
            for (int from = 0; from < keys.size(); from += BATCH) {
                List<RowKey> batch = keys.subList(from, Math.min(keys.size(), from + BATCH));
                Set<RowKey> held = database.run(jdbc -> {
                    connected.complete(true);
                    return tables.on(jdbc).held(batch);
                });
                List<RowKey> free = new ArrayList<>(batch);
                free.removeAll(held);
                sessions.signal(free);
            }
        } catch (RuntimeException e) {
            log.log(Level.DEBUG, "The database did not tell which leases are free; another try follows", e);
        } finally {
            connected.complete(false);
        }
    }

    /** Waits a moment for the thread, so that it does not find its pool of connections closed. */
    @Override
    public void close() {
        Thread running;
        mutex.lock();
        try {
            closed = true;
            running = thread;
            changed.signalAll();
        } finally {
            mutex.unlock();
        }
        if (running != null) {
            join(running, CLOSING_MILLIS);
        }
    }

    private static void join(Thread thread, int millis) {
        try {
            thread.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
