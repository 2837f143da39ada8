package io.github.agentcompaction.benchmarks.stores;

import io.github.agentcompaction.benchmarks.Median;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Two processes that hand locks over to each other. */
final class HandOver implements AutoCloseable {

    /** Waiting for a lock longer than this counts as this. */
    static final int LONGEST_SECONDS = 20;

    private static final List<String> JVM_ARGS = List.of("-Xmx512m");

    private final ChildJvm one;
    private final ChildJvm other;
    private int sessions;

    HandOver(Servers servers) throws IOException {
        one = start(servers);
        other = start(servers);
    }

    private static ChildJvm start(Servers servers) throws IOException {
        return new ChildJvm(LockProcess.class, LockProcess.MARK, JVM_ARGS, servers.redisPort(), servers.schema());
    }

    /** Lets both take the same lock from each other as fast as they can: a few hand-overs alone would be those of cold code. */
    void warmUp(Peer peer, int millis) throws IOException, InterruptedException {
        one.tell("warm-up", peer, "" + millis);
        ask(other, "warm-up", peer, "" + millis);
        one.next(2 * LONGEST_SECONDS);
    }

    /** {@return the median time from the call that releases a lock to its arrival in the other process, in milliseconds} */
    double millis(Peer peer, int times) throws IOException, InterruptedException {
        String session = peer.session("hand-over");
        double[] millis = new double[times];
        ChildJvm holder = one;
        ChildJvm next = other;
        ask(holder, "acquire", peer, session);
        for (int i = 0; i < times; i++) {
            next.tell("acquire", peer, session);
            // Held for a random time, so that a peer that polls is not met at the same point of its pause each time.
            Thread.sleep(ThreadLocalRandom.current().nextInt(100, 300));
            long released = Long.parseLong(ask(holder, "release", peer, session));
            millis[i] = (Long.parseLong(next.next(2 * LONGEST_SECONDS)) - released) / 1_000.0;
            ChildJvm before = holder;
            holder = next;
            next = before;
        }
        ask(holder, "release", peer, session);
        return Median.of(millis);
    }

    /** {@return the time from the release until a waiter gets the lock, in milliseconds, after the one before it has given up} */
    double millisAfterCancel(Peer peer) throws IOException, InterruptedException {
        String session = peer.session("cancel-" + sessions++);
        ask(one, "acquire", peer, session);
        ask(other, "wait", peer, session);
        Thread.sleep(200);
        ask(other, "cancel", peer, session);
        Thread.sleep(100);
        long released = Long.parseLong(ask(one, "release", peer, session));
        String got = ask(other, "got", peer, session);
        return got.equals(LockProcess.NOT_YET) ? LONGEST_SECONDS * 1_000.0 : (Long.parseLong(got) - released) / 1_000.0;
    }

    private static String ask(ChildJvm process, String what, Peer peer, String session)
            throws IOException, InterruptedException {
        process.tell(what, peer, session);
        return process.next(2 * LONGEST_SECONDS);
    }

    @Override
    public void close() {
        one.close();
        other.close();
    }
}
