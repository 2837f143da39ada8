package io.github.agentcompaction.benchmarks;

import com.github.benmanes.caffeine.cache.LoadingCache;
import io.github.agentcompaction.SessionCompactionState;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jol.info.GraphLayout;

/**
 * The memory of an idle session beyond its id: what a state with all its locks reaches, minus what an empty one reaches,
 * minus the ids.
 *
 * <p>Subtracting the empty state takes out what is there once: the class of each object, the JVM's common pool, its
 * threads. What grows with the sessions stays in, the cache's table and its frequency sketch among it. The maximum size is
 * the number of sessions, because the sketch is sized by it.
 */
final class IdleSessionFootprint {

    /** JOL's ways to ask the JVM: no attaching to another process, and field offsets of hidden classes too. */
    static final List<String> JVM_ARGS = List.of(
            "-Xmx4g",
            "-Djol.skipHotspotSAAttach=true",
            "-Djdk.attach.allowAttachSelf=true",
            "-Djol.magicFieldOffset=true",
            "-XX:+IgnoreUnrecognizedVMOptions",
            "-XX:+EnableDynamicAgentLoading");

    private IdleSessionFootprint() {}

    /** The number of sessions; reports the bytes per session of the state and of the reference. */
    public static void main(String[] args) {
        int sessions = Integer.parseInt(args[0]);
        // Classes that are loaded between the two looks would count as sessions: load them all before.
        core(1_000);
        reference(1_000);
        Child.report(core(sessions), reference(sessions));
    }

    static double core(int sessions) {
        SessionCompactionState state =
                SessionCompactionState.builder().maxSize(sessions).build();
        long empty = bytes(state);
        String[] ids = SessionIds.create(sessions);
        for (String id : ids) {
            state.getLock(id);
        }
        Filled.require(sessions, state.lockCount());
        return perSession(bytes(state) - empty, ids);
    }

    /** A cache with the same bounds that keeps a lock of the JDK for each session. */
    static double reference(int sessions) {
        LoadingCache<String, ReentrantLock> locks = CaffeineLocks.create(sessions);
        long empty = bytes(locks);
        String[] ids = SessionIds.create(sessions);
        for (String id : ids) {
            locks.get(id);
        }
        locks.cleanUp();
        Filled.require(sessions, locks.estimatedSize());
        return perSession(bytes(locks) - empty, ids);
    }

    private static double perSession(long added, String[] ids) {
        // All ids are of one length, and none shares its bytes with another.
        long id = bytes(ids[0]);
        return (double) added / ids.length - id;
    }

    private static long bytes(Object root) {
        return GraphLayout.parseInstance(root).totalSize();
    }
}
