package io.github.agentcompaction.benchmarks.sidebyside;

import com.zaxxer.hikari.HikariDataSource;
import java.util.List;
import java.util.Map;

/** A system whose replicas share the sessions of a PostgreSQL. */
interface SharedSystem {

    /** {@return what the table calls it} */
    String name();

    /** {@return whether the goal is meant for it} */
    boolean isOurs();

    /** Opens a session in this process. */
    Replica open(HikariDataSource database, String session, Ledger ledger, Summarizer summarizer, Timing timing);

    static List<SharedSystem> all() {
        return List.of(
                new SessionsOverJdbc(false),
                new SessionsOverJdbc(true),
                new AdvisorOverJdbc(false),
                new AdvisorOverJdbc(true));
    }

    /** A session as one of the processes sees it. */
    interface Replica extends AutoCloseable {

        /** Begins the session, with the messages of {@link Ledger#history()}; in one process only. */
        void create();

        /** Runs a task, and returns whether it told its user of a compaction. */
        boolean run();

        /** Appends a message from outside the tasks. */
        void append(String message);

        /** {@return the texts that the history holds, and how often} */
        Map<String, Integer> history();

        @Override
        void close();
    }
}
