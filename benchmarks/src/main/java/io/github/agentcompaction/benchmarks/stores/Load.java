package io.github.agentcompaction.benchmarks.stores;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;

/**
 * Threads that acquire and release, again and again.
 *
 * @param threads how many
 * @param sessions how many sessions they share; as many as there are threads, and each has its own
 */
record Load(int threads, int sessions) {

    static final Load ONE = new Load(1, 1);
    static final Load OWN = new Load(32, 32);
    static final Load SHARED = new Load(32, 4);

    static final List<Load> ALL = List.of(ONE, OWN, SHARED);

    boolean isContended() {
        return sessions < threads;
    }

    /** {@return how many pairs of acquire and release all threads have made, and how long that took} */
    Slice run(Peer peer, LockPeer locks, int millis) throws Exception {
        LongAdder pairs = new LongAdder();
        CountDownLatch ready = new CountDownLatch(threads);
        CountDownLatch go = new CountDownLatch(1);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<Long>> ends = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                String session = peer.session(sessions + "-" + i % sessions);
                ends.add(pool.submit(() -> {
                    locks.acquire(session).run(); // creates what there is to create
                    ready.countDown();
                    go.await();
                    long deadline = System.nanoTime() + millis * 1_000_000L;
                    do {
                        locks.acquire(session).run();
                        pairs.increment();
                    } while (System.nanoTime() - deadline < 0);
                    return System.nanoTime();
                }));
            }
            ready.await();
            long start = System.nanoTime();
            go.countDown();
            long last = start;
            for (Future<Long> end : ends) {
                last = Math.max(last, end.get());
            }
            return new Slice(pairs.sum(), last - start);
        } finally {
            pool.shutdownNow();
        }
    }

    /** What came of a moment. */
    record Slice(long pairs, long nanos) {}

    /** What came of several moments. */
    static final class Sum {

        private long pairs;
        private long nanos;

        void add(Slice slice) {
            pairs += slice.pairs();
            nanos += slice.nanos();
        }

        double perSecond() {
            return pairs * 1e9 / nanos;
        }
    }

    @Override
    public String toString() {
        return threads == 1
                ? "1 thread"
                : threads + " threads, " + (isContended() ? sessions + " sessions" : "a session each");
    }
}
