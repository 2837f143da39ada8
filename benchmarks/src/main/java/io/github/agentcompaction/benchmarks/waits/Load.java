package io.github.agentcompaction.benchmarks.waits;

/**
 * A session's turns, and how long things take.
 *
 * @param turns how many turns the session has
 * @param windowTurns how many of them the model's window holds
 * @param answerMillis how long an answer takes
 * @param summaryMillis how long a summary takes
 */
record Load(int turns, int windowTurns, int answerMillis, int summaryMillis) {

    /** For figures to publish. */
    static final Load FULL = new Load(200, 40, 200, 2_000);

    /** To see that everything runs. */
    static final Load QUICK = new Load(24, 8, 10, 50);
}
