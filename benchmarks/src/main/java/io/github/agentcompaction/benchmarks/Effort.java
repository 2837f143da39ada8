package io.github.agentcompaction.benchmarks;

/**
 * How thoroughly to measure.
 *
 * @param rounds how often each case is run
 * @param forks fresh JVMs for each case and round; 0 runs it in this one
 * @param warmups iterations that do not count
 * @param measurements iterations that count
 * @param millis how long an iteration takes
 * @param repetitions what counts of a measurement that is no matter of time per operation, after half as many that do not
 * @param mostSessions the bound of the number of sessions
 */
record Effort(int rounds, int forks, int warmups, int measurements, int millis, int repetitions, int mostSessions) {

    /** For figures to publish. */
    static final Effort FULL = new Effort(9, 1, 20, 20, 100, 15, Integer.MAX_VALUE);

    /** To see that everything runs; the figures mean little. */
    static final Effort QUICK = new Effort(1, 1, 2, 2, 100, 3, 100_000);

    /** The same with more or fewer rounds: of fewer than five, the quarter mark would be the best one. */
    Effort withRounds(String number) {
        if (!number.matches("[1-9][0-9]{0,3}") || Integer.parseInt(number) < 5) {
            throw new IllegalArgumentException(
                    "rounds must be a number from 5 to 9999, but was '" + number + "'; for a quick look use: quick");
        }
        return new Effort(Integer.parseInt(number), forks, warmups, measurements, millis, repetitions, mostSessions);
    }

    int atMostSessions(int wanted) {
        return Math.min(wanted, mostSessions);
    }
}
