package io.github.agentcompaction.benchmarks;

/** Checks that a run measures what it says: a cache that dropped something while it was filled would be a smaller one. */
final class Filled {

    private Filled() {}

    static void require(long expected, long actual) {
        if (expected != actual) {
            throw new IllegalStateException("expected " + expected + " entries after filling, but there are " + actual);
        }
    }
}
