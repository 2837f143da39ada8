package io.github.agentcompaction.benchmarks;

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
        /** What JMH reports: for threads that wait for each other, or a set-up between operations. */
        JMH
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
