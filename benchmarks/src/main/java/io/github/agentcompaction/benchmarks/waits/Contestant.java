package io.github.agentcompaction.benchmarks.waits;

import java.util.function.Consumer;

/** One way to keep a session within a model's window. */
interface Contestant {

    /** {@return what it is, for the table} */
    String title();

    /** {@return whether the goal is its goal} */
    default boolean hasGoal() {
        return false;
    }

    /**
     * Makes a session.
     *
     * @param model answers the turns
     * @param window how many tokens that one takes
     * @param summarizer writes the summaries
     * @return makes one turn of it, with that question
     */
    Consumer<String> session(WindowModel model, int window, WindowModel summarizer);
}
