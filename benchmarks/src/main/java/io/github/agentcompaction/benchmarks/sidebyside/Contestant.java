package io.github.agentcompaction.benchmarks.sidebyside;

/** A system under which the tasks of a session run. */
interface Contestant {

    /** {@return what the table calls it} */
    String name();

    /** {@return whether the goal is meant for it} */
    boolean isOurs();

    /** Prepares a session that is too long already: with the messages of {@link Ledger#history()}. */
    Prepared prepare(Scenario scenario, Ledger ledger, Summarizer summarizer, Timing timing);

    /** A session that is ready for the tasks. */
    interface Prepared {

        /** Runs all tasks to their end; called once, the time counts. Failed tasks are told to the ledger. */
        void run() throws InterruptedException;

        /** Appends a message from outside the tasks. */
        void append(String message);

        /** {@return the texts that the history holds at the end, summaries included} */
        Iterable<String> history();
    }
}
