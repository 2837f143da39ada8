package io.github.agentcompaction;

import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.StoredSession;
import io.github.agentcompaction.store.StoredSummary;
import io.github.agentcompaction.store.SummaryStore;
import io.github.agentcompaction.store.TransactionalLeaseStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A store in memory, which several states share as if they were replicas, with faults to be switched on. */
class MemoryStore implements LeaseStore, SummaryStore {

    private static final ExecutorService THREADS = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "memory-store");
        thread.setDaemon(true);
        return thread;
    });

    /** What was asked, in order. */
    final List<String> calls = new CopyOnWriteArrayList<>();

    /** How it answers. */
    enum Answers {
        /** On other threads, as clients do. */
        ON_THREADS,
        /** Before the call returns, on the calling thread. */
        AT_ONCE,
        /** On other threads, each question and each answer some milliseconds late. */
        LATE
    }

    private final Duration lease;
    private final Answers answers;
    final ReentrantLock mutex = new ReentrantLock();
    final Map<String, Row> rows = new HashMap<>();
    private final List<Consumer<@Nullable String>> listeners = new CopyOnWriteArrayList<>();
    private volatile long offset;
    private volatile boolean down;
    private volatile boolean losesAnswers;
    private volatile boolean silent;

    MemoryStore(Duration lease, Answers answers) {
        this.lease = lease;
        this.answers = answers;
    }

    MemoryStore(Duration lease) {
        this(lease, Answers.ON_THREADS);
    }

    MemoryStore(Answers answers) {
        this(Duration.ofSeconds(30), answers);
    }

    MemoryStore() {
        this(Answers.ON_THREADS);
    }

    /** All calls fail from now on, or no longer. */
    void setDown(boolean down) {
        this.down = down;
    }

    /** Each call does its work and then fails. */
    void setLosesAnswers(boolean losesAnswers) {
        this.losesAnswers = losesAnswers;
    }

    /** No signals. */
    void setSilent(boolean silent) {
        this.silent = silent;
    }

    /** Moves the store's clock. */
    void advance(Duration time) {
        offset += time.toNanos();
    }

    /** Answers nothing until it is released. */
    Future<?> holdAnswers(CountDownLatch release) {
        CountDownLatch held = new CountDownLatch(1);
        Future<?> answering = Tasks.start(() -> {
            mutex.lock();
            try {
                held.countDown();
                Tasks.await(release);
            } finally {
                mutex.unlock();
            }
            return null;
        });
        Tasks.await(held);
        return answering;
    }

    /** Gives the lease to another replica, as if it had expired. */
    void steal(String session) {
        mutex.lock();
        try {
            Row row = row(session);
            row.owner = "thief/1";
            row.fence++;
            row.expires = Long.MAX_VALUE;
        } finally {
            mutex.unlock();
        }
    }

    /** Another replica compacts the session and is done. */
    void compactElsewhere(String session) {
        mutex.lock();
        try {
            Row row = row(session);
            row.owner = null;
            row.epoch++;
            row.compactedAt = now();
        } finally {
            mutex.unlock();
        }
        signal(session);
    }

    void signal(@Nullable String session) {
        if (!silent) {
            listeners.forEach(listener -> listener.accept(session));
        }
    }

    @Override
    public Duration lease() {
        return lease;
    }

    @Override
    public CompletionStage<LeaseAttempt> tryAcquire(String session, String token) {
        return call("acquire " + session, () -> {
            Row row = row(session);
            Optional<Duration> since =
                    row.compactedAt == null ? Optional.empty() : Optional.of(Duration.ofNanos(now() - row.compactedAt));
            if (row.owner != null && !row.owner.equals(token) && row.expires - now() > 0) {
                return LeaseAttempt.busy(Duration.ofMillis(20), row.epoch, since);
            }
            if (!token.equals(row.owner)) {
                row.owner = token;
                row.fence++;
            }
            row.expires = now() + lease.toNanos();
            return LeaseAttempt.granted(new LeaseGrant(session, token, row.fence, row.epoch), since);
        });
    }

    @Override
    public CompletionStage<Boolean> renew(LeaseGrant grant) {
        return call("renew " + grant.session(), () -> {
            Row row = row(grant.session());
            boolean held = row.isHeldBy(grant);
            if (held) {
                row.expires = now() + lease.toNanos();
            }
            return held;
        });
    }

    @Override
    public CompletionStage<Boolean> release(LeaseGrant grant, boolean compacted) {
        CompletionStage<Boolean> released = call("release " + grant.session() + (compacted ? " compacted" : ""), () -> {
            Row row = row(grant.session());
            if (!row.isHeldBy(grant)) {
                return grant.token().equals(row.released);
            }
            row.release(grant, compacted ? now() : null);
            return true;
        });
        return released.whenComplete((done, failure) -> signal(grant.session()));
    }

    @Override
    public CompletionStage<Void> abandon(String session, String token) {
        CompletionStage<Void> abandoned = call("abandon " + session, () -> {
            Row row = row(session);
            if (token.equals(row.owner)) {
                row.owner = null;
            }
            return null;
        });
        return abandoned.whenComplete((done, failure) -> signal(session));
    }

    @Override
    public CompletionStage<StoredSession> inspect(String session) {
        return call("inspect " + session, () -> {
            Row row = row(session);
            return new StoredSession(Optional.ofNullable(row.owner), row.fence, row.epoch);
        });
    }

    @Override
    public AutoCloseable onReleased(Consumer<@Nullable String> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public CompletionStage<Void> put(String session, String summary) {
        return call("put " + session, () -> {
            Row row = row(session);
            row.summary = summary;
            row.summaryAt = now();
            row.taker = null;
            return null;
        });
    }

    @Override
    public CompletionStage<Optional<StoredSummary>> peek(String session) {
        return call("peek " + session, () -> {
            Row row = row(session);
            return row.summary == null || row.taker != null
                    ? Optional.empty()
                    : Optional.of(new StoredSummary(row.summary, Duration.ofNanos(now() - row.summaryAt)));
        });
    }

    @Override
    public CompletionStage<Optional<String>> take(String session, String takeId) {
        return call("take " + session, () -> {
            Row row = row(session);
            if (row.summary != null && row.taker == null) {
                row.taker = takeId;
            }
            return takeId.equals(row.taker) ? Optional.ofNullable(row.summary) : Optional.empty();
        });
    }

    @Override
    public CompletionStage<Boolean> giveBack(String session, String takeId) {
        return call("give back " + session, () -> {
            Row row = row(session);
            boolean taken = takeId.equals(row.taker);
            if (taken) {
                row.taker = null;
            }
            return taken;
        });
    }

    @Override
    public CompletionStage<Boolean> discard(String session) {
        return call("discard " + session, () -> {
            Row row = row(session);
            boolean there = row.summary != null && row.taker == null;
            row.summary = null;
            return there;
        });
    }

    <T extends @Nullable Object> CompletionStage<T> call(String name, Supplier<T> work) {
        calls.add(name);
        if (mutex.isHeldByCurrentThread()) { // inside a commit
            return CompletableFuture.completedFuture(work.get());
        }
        CompletableFuture<T> answer = CompletableFuture.supplyAsync(
                () -> {
                    requireUp(down);
                    T value;
                    mutex.lock();
                    try {
                        value = work.get();
                    } finally {
                        mutex.unlock();
                    }
                    requireUp(losesAnswers);
                    return value;
                },
                executor());
        return answers == Answers.LATE ? answer.thenApplyAsync(value -> value, executor()) : answer;
    }

    private Executor executor() {
        return switch (answers) {
            case ON_THREADS -> THREADS;
            case AT_ONCE -> Runnable::run;
            case LATE ->
                CompletableFuture.delayedExecutor(
                        ThreadLocalRandom.current().nextInt(3_000), TimeUnit.MICROSECONDS, THREADS);
        };
    }

    void requireUp() {
        requireUp(down);
    }

    private static void requireUp(boolean fault) {
        if (fault) {
            throw new IllegalStateException("The store is down.");
        }
    }

    Row row(String session) {
        return rows.computeIfAbsent(session, any -> new Row());
    }

    long now() {
        return System.nanoTime() + offset;
    }

    static final class Row {
        @Nullable
        String owner;

        long expires;
        long fence = 100;
        long epoch = 1000;

        @Nullable
        Long compactedAt;

        @Nullable
        String released;

        @Nullable
        String summary;

        long summaryAt;

        @Nullable
        String taker;

        boolean isHeldBy(LeaseGrant grant) {
            return grant.token().equals(owner) && grant.fence() == fence;
        }

        void release(LeaseGrant grant, @Nullable Long compactedAt) {
            owner = null;
            released = grant.token();
            if (compactedAt != null) {
                epoch++;
                this.compactedAt = compactedAt;
            }
        }
    }

    /** The same with transactions: what a test calls the history is put back by the write itself when it throws. */
    static final class Transactional extends MemoryStore implements TransactionalLeaseStore {

        volatile boolean inTransaction;

        Transactional(Duration lease) {
            super(lease);
        }

        Transactional(Answers answers) {
            super(answers);
        }

        Transactional() {}

        @Override
        public void requireNoTransaction() {
            if (inTransaction) {
                throw new IllegalStateException("This thread is in a transaction.");
            }
        }

        @Override
        public boolean commit(LeaseGrant grant, Runnable write) {
            calls.add("commit " + grant.session());
            requireUp();
            mutex.lock();
            try {
                Row row = row(grant.session());
                if (!row.isHeldBy(grant)) {
                    return false;
                }
                write.run();
                row.release(grant, now());
            } finally {
                mutex.unlock();
            }
            signal(grant.session());
            return true;
        }
    }

    /** The replicas of one agent on this store, each a state of its own. */
    List<SessionCompactionState> replicas(int count) {
        List<SessionCompactionState> replicas = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            replicas.add(SessionCompactionState.builder()
                    .agent("planner")
                    .store(this)
                    .summaries(this)
                    .replica("replica-" + i)
                    .build());
        }
        return replicas;
    }
}
