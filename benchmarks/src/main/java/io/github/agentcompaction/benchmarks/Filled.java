package io.github.agentcompaction.benchmarks;

/** Sees to it that a run measures what it says: a cache that dropped something while it was filled would be a smaller one. */
final class Filled {

    private Filled() {}

    static void require(long expected, long actual) {
        if (expected != actual) {
            throw new IllegalStateException("expected " + expected + " entries after filling, but there are " + actual);
        }
    }

    /**
     * Checks the same, and then moves what was filled to where the collector keeps what has lived for a while. Writing to a
     * young object costs less than to an old one. In a service a session's lock is old; here it would stay young for ever
     * where the measured code allocates nothing, which is the reference.
     */
    static void requireAndSettle(long expected, long actual) {
        require(expected, actual);
        System.gc();
    }
}
