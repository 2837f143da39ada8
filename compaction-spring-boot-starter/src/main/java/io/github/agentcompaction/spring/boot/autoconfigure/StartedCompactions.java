package io.github.agentcompaction.spring.boot.autoconfigure;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What a listener keeps from the start of a compaction to its end. For the starter's listeners.
 *
 * <p>Listeners are told of both on the compacting thread, and of the end alone for an attempt that called no compactor, because
 * it joined or was rejected. Compactions on one thread are nested where a compactor has another session compacted.
 *
 * <p><b>Thread safety.</b> One instance serves any number of threads.
 *
 * @param <T> what is kept of each
 */
public final class StartedCompactions<T> {

    private final ThreadLocal<@Nullable Deque<Started<T>>> ofThread = new ThreadLocal<>();
    private final AtomicInteger running = new AtomicInteger();

    /** Makes one that knows of no compaction. */
    public StartedCompactions() {}

    /**
     * Keeps something of a compaction that starts on this thread.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @param kept what to keep
     */
    public void started(String agent, String sessionId, T kept) {
        Deque<Started<T>> nested = ofThread.get();
        if (nested == null) {
            nested = new ArrayDeque<>(1);
            ofThread.set(nested);
        }
        nested.push(new Started<>(agent, sessionId, kept));
        running.incrementAndGet();
    }

    /**
     * Takes what was kept when the compaction started that ends on this thread.
     *
     * @param agent the agent's name
     * @param sessionId the session's id
     * @return what was kept, or null if this is the end of an attempt that called no compactor
     */
    public @Nullable T ended(String agent, String sessionId) {
        Deque<Started<T>> nested = ofThread.get();
        if (nested == null || !nested.getFirst().isOf(agent, sessionId)) {
            return null;
        }
        Started<T> started = nested.pop();
        if (nested.isEmpty()) {
            ofThread.remove();
        }
        running.decrementAndGet();
        return started.kept;
    }

    /** {@return how many have started and not ended, on all threads} */
    public int running() {
        return running.get();
    }

    private record Started<T>(String agent, String sessionId, T kept) {

        boolean isOf(String otherAgent, String otherSession) {
            return agent.equals(otherAgent) && sessionId.equals(otherSession);
        }
    }
}
