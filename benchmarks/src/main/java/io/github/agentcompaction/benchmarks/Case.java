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
        /** Processor time per operation: for one thread that waits for no other. */
        CPU_TIME,
        /** Time on the wall per operation: where there is a set-up between operations. */
        WALL_TIME
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
