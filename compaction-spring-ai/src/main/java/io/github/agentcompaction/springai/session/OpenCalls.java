package io.github.agentcompaction.springai.session;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.session.SessionEvent;

/** Keeps what the running {@code compact} calls of one session tell each other. */
final class OpenCalls {

    private final ConcurrentHashMap<String, OfSession> sessions = new ConcurrentHashMap<>();

    OfSession enter(String sessionId) {
        return Objects.requireNonNull(sessions.compute(sessionId, (id, calls) -> {
            OfSession entered = calls != null ? calls : new OfSession();
            entered.number++;
            return entered;
        }));
    }

    void leave(String sessionId) {
        sessions.computeIfPresent(sessionId, (id, calls) -> --calls.number == 0 ? null : calls);
    }

    int sessions() {
        return sessions.size();
    }

    /** The calls for one session; forgotten when the last of them leaves. */
    static final class OfSession {

        /** How many there are; guarded by the map's atomic operation on the session. */
        private int number;

        /** The thread that is inside a strategy. */
        private volatile @Nullable Thread compacting;

        /** What the latest compaction left. */
        private volatile @Nullable Left left;

        /** How the latest strategy ended that changed nothing. */
        private volatile @Nullable InVain inVain;

        boolean isCompactedByThisThread() {
            return compacting == Thread.currentThread();
        }

        void compacting(boolean byThisThread) {
            compacting = byThisThread ? Thread.currentThread() : null;
        }

        void left(long epoch, List<SessionEvent> events) {
            left = new Left(epoch, events);
        }

        void inVain(InVain ended) {
            inVain = ended;
        }

        /** {@return the latest run that changed nothing; another object for each run} */
        @Nullable
        InVain inVain() {
            return inVain;
        }

        /** {@return what the compaction left that moved the epoch to the given one, or null if it was none of these calls} */
        @Nullable
        List<SessionEvent> leftAt(long epoch) {
            Left latest = left;
            return latest != null && latest.epoch == epoch ? latest.events : null;
        }
    }

    /**
     * A strategy ran, and changed nothing.
     *
     * @param version the version of the history that it was given
     * @param strategy its class: another kind of strategy may do better
     * @param failure what it threw, or null if it archived nothing
     */
    record InVain(long version, Class<?> strategy, @Nullable Throwable failure) {}

    /** What a compaction left, without what was appended while it ran. */
    private record Left(long epoch, List<SessionEvent> events) {}
}
