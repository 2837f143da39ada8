package io.github.agentcompaction.benchmarks.sidebyside;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.benchmarks.stores.Postgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/**
 * One of the two processes whose tasks share a session. Its standard input tells it what to do, a line for each step, and it
 * ends with that: so it does not outlive the process that has started it.
 */
public final class ReplicaProcess {

    /** What a line of the standard output begins with that is meant for the other process. */
    static final String MARK = "replica: ";

    private final HikariDataSource database;
    private @Nullable Prepared prepared;

    private ReplicaProcess(HikariDataSource database) {
        this.database = database;
    }

    /** The schema, and the number that each message of this process is greater than. */
    public static void main(String[] args) throws IOException {
        LoggingSystem.get(ReplicaProcess.class.getClassLoader())
                .setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
        try (HikariDataSource database = Postgres.pool(args[0])) {
            ReplicaProcess process = new ReplicaProcess(database);
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                process.obey(line.split(" "), Integer.parseInt(args[1]));
            }
        }
        System.exit(0); // whatever a task is still doing
    }

    private void obey(String[] words, int before) {
        switch (words[0]) {
            case "prepare" -> {
                Scenario scenario = new Scenario(Integer.parseInt(words[3]), Boolean.parseBoolean(words[4]), false);
                Timing timing =
                        new Timing(Integer.parseInt(words[5]), Integer.parseInt(words[6]), Integer.parseInt(words[7]));
                prepared = new Prepared(
                        database,
                        SharedSystem.all().get(Integer.parseInt(words[1])),
                        words[2],
                        scenario,
                        timing,
                        new Ledger(before, line -> tell("ledger " + line)));
                new Thread(prepared, "scenario").start();
            }
            case "go" -> Objects.requireNonNull(prepared).go.countDown();
            case "append" -> Objects.requireNonNull(prepared).append();
            case "close" -> Objects.requireNonNull(prepared).close();
            default -> throw new IllegalArgumentException("unknown: " + words[0]);
        }
    }

    private static void tell(String line) {
        System.out.println(MARK + line);
    }

    /** A scenario in this process. */
    private static final class Prepared implements Runnable {

        private final CountDownLatch go = new CountDownLatch(1);
        private final Scenario scenario;
        private final Timing timing;
        private final Ledger ledger;
        private final SharedSystem.Replica replica;

        Prepared(
                HikariDataSource database,
                SharedSystem system,
                String session,
                Scenario scenario,
                Timing timing,
                Ledger ledger) {
            Summarizer summarizer = new Summarizer(ledger, timing);
            summarizer.meanwhile(() -> tell("summarizing"));
            this.scenario = scenario;
            this.timing = timing;
            this.ledger = ledger;
            this.replica = system.open(database, session, ledger, summarizer, timing);
        }

        @Override
        public void run() {
            try {
                Tasks.run(scenario, timing, ledger, this::awaitGo, task -> {
                    if (replica.run()) {
                        tell("notice");
                    }
                });
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            tell("done");
        }

        private void awaitGo() {
            tell("ready");
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        void close() {
            replica.close();
        }

        void append() {
            try {
                replica.append(ledger.message());
            } catch (RuntimeException e) {
                ledger.failed(e);
            }
            tell("appended");
        }
    }
}
