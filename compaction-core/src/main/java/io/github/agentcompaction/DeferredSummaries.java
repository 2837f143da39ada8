package io.github.agentcompaction;

import com.github.benmanes.caffeine.cache.Ticker;
import io.github.agentcompaction.CompactionListener.DropReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The summaries of one agent that wait for the end of an answer: one for each session, the oldest-written go first. */
final class DeferredSummaries implements Summaries {

    /*
     * A map in the order of writing, under one mutex. The oldest entry is the first to expire and the first to go when
     * there are too many, so both bounds are a look at the head. A cache with an eviction policy of its own would keep
     * what is used often instead of what was written last, and a peek would count as use.
     */

    /** For the most common case. */
    private static final CompletionStage<Popped> NOTHING = CompletableFuture.completedStage(Popped.NOTHING);

    private final String agent;
    private final long ttlNanos;
    private final long maxSize;
    private final Ticker ticker;
    private final Listeners listeners;
    private final ReentrantLock mutex = new ReentrantLock();

    /** Guarded by the mutex. */
    private final LinkedHashMap<String, Written> bySession = new LinkedHashMap<>();

    DeferredSummaries(String agent, Duration ttl, long maxSize, Ticker ticker, Listeners listeners) {
        this.agent = agent;
        this.ttlNanos = Durations.toNanos(ttl);
        this.maxSize = maxSize;
        this.ticker = ticker;
        this.listeners = listeners;
    }

    @Override
    public void put(String sessionId, String summary) {
        write(sessionId, summary, true);
    }

    /** Gives back what was popped for a caller that has gone, unless a newer one has come; its time begins anew. */
    void putBack(String sessionId, String summary) {
        write(sessionId, summary, false);
    }

    private void write(String sessionId, String summary, boolean replace) {
        List<Dropped> dropped = newDropList();
        mutex.lock();
        try {
            long now = ticker.read();
            dropExpired(now, dropped);
            if (!replace && bySession.containsKey(sessionId)) {
                return;
            }
            Written before = bySession.remove(sessionId);
            if (before != null && dropped != null) {
                dropped.add(new Dropped(sessionId, DropReason.REPLACED));
            }
            bySession.put(sessionId, new Written(summary, now));
            if (bySession.size() > maxSize) {
                dropOldest(dropped);
            }
        } finally {
            mutex.unlock();
            tell(dropped);
        }
        listeners.tell(listener -> listener.summaryStored(agent, sessionId));
    }

    @Override
    public Optional<String> peek(String sessionId) {
        Written written = find(sessionId);
        return written == null ? Optional.empty() : Optional.of(written.summary);
    }

    @Override
    public Optional<Duration> age(String sessionId) {
        Written written = find(sessionId);
        return written == null ? Optional.empty() : Optional.of(Duration.ofNanos(ticker.read() - written.at));
    }

    @Override
    public CompletionStage<Popped> pop(String sessionId) {
        Popped popped = popNow(sessionId);
        return popped == Popped.NOTHING ? NOTHING : CompletableFuture.completedFuture(popped);
    }

    Popped popNow(String sessionId) {
        Written written = remove(sessionId);
        if (written == null) {
            return Popped.NOTHING;
        }
        listeners.tell(listener -> listener.summaryPopped(agent, sessionId));
        return new Popped(Optional.of(written.summary), () -> putBack(sessionId, written.summary));
    }

    /** Drops what is older than a summary that is elsewhere. */
    void forget(String sessionId) {
        if (remove(sessionId) != null) {
            listeners.tell(listener -> listener.summaryDropped(agent, sessionId, DropReason.REPLACED));
        }
    }

    @Override
    public boolean discard(String sessionId) {
        if (remove(sessionId) == null) {
            return false;
        }
        listeners.tell(listener -> listener.summaryDropped(agent, sessionId, DropReason.DISCARDED));
        return true;
    }

    @Override
    public int size() {
        List<Dropped> dropped = newDropList();
        mutex.lock();
        try {
            dropExpired(ticker.read(), dropped);
            return bySession.size();
        } finally {
            mutex.unlock();
            tell(dropped);
        }
    }

    private @Nullable Written find(String sessionId) {
        List<Dropped> dropped = newDropList();
        mutex.lock();
        try {
            dropExpired(ticker.read(), dropped);
            return bySession.get(sessionId);
        } finally {
            mutex.unlock();
            tell(dropped);
        }
    }

    private @Nullable Written remove(String sessionId) {
        List<Dropped> dropped = newDropList();
        mutex.lock();
        try {
            dropExpired(ticker.read(), dropped);
            return bySession.remove(sessionId);
        } finally {
            mutex.unlock();
            tell(dropped);
        }
    }

    private void dropExpired(long now, @Nullable List<Dropped> dropped) {
        if (bySession.isEmpty()) {
            return;
        }
        Iterator<Map.Entry<String, Written>> oldest = bySession.entrySet().iterator();
        while (oldest.hasNext()) {
            Map.Entry<String, Written> entry = oldest.next();
            if (now - entry.getValue().at < ttlNanos) {
                return;
            }
            oldest.remove();
            if (dropped != null) {
                dropped.add(new Dropped(entry.getKey(), DropReason.EXPIRED));
            }
        }
    }

    private void dropOldest(@Nullable List<Dropped> dropped) {
        Iterator<String> oldest = bySession.keySet().iterator();
        String sessionId = oldest.next();
        oldest.remove();
        if (dropped != null) {
            dropped.add(new Dropped(sessionId, DropReason.SIZE));
        }
    }

    /** Listeners are told after the mutex is released, so what was dropped is noted down; null without listeners. */
    private @Nullable List<Dropped> newDropList() {
        return listeners.isEmpty() ? null : new ArrayList<>(0);
    }

    private void tell(@Nullable List<Dropped> dropped) {
        if (dropped != null) {
            dropped.forEach(
                    drop -> listeners.tell(listener -> listener.summaryDropped(agent, drop.sessionId, drop.reason)));
        }
    }

    /** A summary and when it was written. Not a record: its text must stay out of any toString. */
    private static final class Written {
        final String summary;
        final long at;

        Written(String summary, long at) {
            this.summary = summary;
            this.at = at;
        }
    }

    private record Dropped(String sessionId, DropReason reason) {}
}
