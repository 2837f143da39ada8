package io.github.agentcompaction.benchmarks.sidebyside;

/**
 * What happens to one session.
 *
 * @param tasks how many tasks hit the limit
 * @param apart whether they come one after the other; else at once
 * @param append whether a message is appended while the first summary is written
 */
record Scenario(int tasks, boolean apart, boolean append) {

    /** {@return how long after the start a task comes, in milliseconds} */
    long delayOf(int task, Timing timing) {
        return apart ? (long) task * timing.gap() : 0;
    }
}
