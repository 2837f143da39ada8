package io.github.agentcompaction.benchmarks.sidebyside;

import java.util.List;

/**
 * What a scenario came to.
 *
 * @param summaries how often the summarizer was called: each time is paid for
 * @param applied how many of those summaries stand in the history afterwards, or went into one that does
 * @param lost how many messages are neither in the history nor in what an applied summary was made of
 * @param millis from the start of the first task to the end of the last, in milliseconds
 * @param failures the exceptions that tasks ended with
 */
record Outcome(int summaries, int applied, int lost, long millis, List<String> failures) {

    boolean isIdeal() {
        return summaries == 1 && applied == 1 && lost == 0 && failures.isEmpty();
    }
}
