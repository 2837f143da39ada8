package io.github.agentcompaction.benchmarks.sidebyside;

/**
 * How long things take, in milliseconds: the models are scripted, so that all systems wait for the same.
 *
 * @param summary a summary
 * @param answer an answer of the model, or its refusal
 * @param gap the time between two tasks that come one after the other
 */
record Timing(int summary, int answer, int gap) {

    /** For figures to publish. */
    static final Timing FULL = new Timing(500, 200, 50);

    /** To see that everything runs. */
    static final Timing SMALL = new Timing(100, 40, 10);
}
