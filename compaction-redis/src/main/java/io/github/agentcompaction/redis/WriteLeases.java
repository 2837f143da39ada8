package io.github.agentcompaction.redis;

import io.github.agentcompaction.OnUnavailable;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import io.github.agentcompaction.store.HistoryGuard;
import io.github.agentcompaction.store.LeaseStore;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Lets the replicas write to a session's history one after another: each write has a lease, apart from the agents'. */
final class WriteLeases implements HistoryGuard {

    /** How the core's log lines call it. */
    private static final String AGENT = "history";

    private final LeaseStore store;
    private final Duration longestWait;

    private final ReentrantLock mutex = new ReentrantLock();

    /** Made with the first write, because it listens for released leases. Guarded by the mutex. */
    private @Nullable SessionCompactionState leases;

    /** The sessions that a thread writes to: a write may be part of another one. */
    private final ThreadLocal<Set<String>> writing = ThreadLocal.withInitial(HashSet::new);

    WriteLeases(LeaseStore store) {
        this.store = store;
        this.longestWait = store.lease().multipliedBy(4); // as a holder that has died, and some who come first
    }

    @Override
    public <T extends @Nullable Object> T exclusively(String session, Supplier<T> write) {
        Set<String> mine = writing.get();
        if (!mine.add(session)) {
            return write.get();
        }
        try {
            SessionLock.Lease lease = leases().getLock(session).acquireWithin(longestWait);
            try {
                return write.get();
            } finally {
                lease.close();
            }
        } finally {
            mine.remove(session);
            if (mine.isEmpty()) {
                writing.remove();
            }
        }
    }

    private SessionCompactionState leases() {
        mutex.lock();
        try {
            if (leases == null) {
                leases = SessionCompactionState.builder()
                        .agent(AGENT)
                        .store(store)
                        .onUnavailable(OnUnavailable.LOCAL) // a Redis that is down keeps nobody from answering
                        .build();
            }
            return leases;
        } finally {
            mutex.unlock();
        }
    }
}
