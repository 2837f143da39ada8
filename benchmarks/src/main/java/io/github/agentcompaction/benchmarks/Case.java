package io.github.agentcompaction.benchmarks;

import java.util.Arrays;

/**
 * One benchmark method and how it is run.
 *
 * @param owner the class of the method
 * @param method the method
 * @param sessions how many sessions, or 0 if the method has no such parameter
 * @param measure what its score is
 */
record Case(Class<?> owner, String method, int sessions, Measure measure) {

    /** What the score of a case is. */
    enum Measure {
        /** Processor time per operation: for one thread that waits for nobody. */
        CPU_TIME,
        /** Time on the wall per operation: where there is a set-up between operations. */
        WALL_TIME,
        /** Operations per second on the wall: for threads that wait for each other. */
        THROUGHPUT;

        /**
         * {@return of several scores the quarter mark, counted from the better end} Neighbours only ever slow a run down, so a
         * good one is nearer to the truth than the middle one. Not the best one: what happens now and then, such as the
         * cache's upkeep, belongs to the cost.
         */
        double quarterMark(double... scores) {
            double[] sorted = scores.clone();
            Arrays.sort(sorted);
            int fromTheBest = (sorted.length - 1) / 4;
            return sorted[this == THROUGHPUT ? sorted.length - 1 - fromTheBest : fromTheBest];
        }
    }

    /** A regular expression that matches this method alone. */
    String pattern() {
        return "^" + owner.getName().replace(".", "\\.") + "\\." + method + "$";
    }

    @Override
    public String toString() {
        return owner.getSimpleName() + "." + method + (sessions == 0 ? "" : " (" + sessions + " sessions)");
    }
}
