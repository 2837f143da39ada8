package io.github.agentcompaction.benchmarks.sidebyside;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.benchmarks.MarkdownTable;
import io.github.agentcompaction.benchmarks.stores.ChildJvm;
import io.github.agentcompaction.benchmarks.stores.Postgres;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/**
 * Runs every scenario under every system in two processes that share a PostgreSQL, and prints what came of it; ends with 1 if
 * this project missed its goal.
 */
public final class SideBySideReplicas implements AutoCloseable {

    private static final List<String> JVM_ARGS = List.of("-Xmx512m", "-XX:+ExitOnOutOfMemoryError");

    /** A process's messages have numbers of their own. */
    private static final int NUMBERS = 1_000_000;

    private static final String LEDGER = "ledger ";

    private static final int ANSWER_SECONDS = 60;
    private static final int SCENARIO_SECONDS = 60;

    private final Postgres postgres = new Postgres();
    private final HikariDataSource database = Postgres.pool(postgres.schema());
    private final List<ChildJvm> replicas = new ArrayList<>();
    private final MarkdownTable table = new MarkdownTable(
            "system", "tasks", "summaries paid", "applied", "lost", "doubled", "notices", "failed tasks", "time");
    private final List<String> failures = new ArrayList<>();
    private boolean goalMet = true;

    /** Whether the processes have run nothing yet. */
    private boolean cold = true;

    SideBySideReplicas() throws IOException {
        Postgres.create(
                database,
                "org/springframework/ai/session/jdbc/schema-postgresql.sql",
                "org/springframework/ai/chat/memory/repository/jdbc/schema-postgresql.sql");
        start();
    }

    private void start() throws IOException {
        for (int i = 1; i <= 2; i++) {
            replicas.add(
                    new ChildJvm(ReplicaProcess.class, ReplicaProcess.MARK, JVM_ARGS, postgres.schema(), i * NUMBERS));
        }
    }

    private void stop() {
        replicas.forEach(ChildJvm::close);
        replicas.clear();
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        if (!Postgres.isThere()) {
            System.err.println(Postgres.MISSING);
            System.exit(2);
        }
        LoggingSystem.get(SideBySideReplicas.class.getClassLoader())
                .setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
        boolean met;
        try (SideBySideReplicas sideBySide = new SideBySideReplicas()) {
            sideBySide.run(Timing.FULL, 2, 8, 32);
            System.out.print(sideBySide);
            met = sideBySide.goalMet();
        }
        System.exit(met ? 0 : 1);
    }

    /** So that no system pays for loading its classes. */
    private void warmUp() throws IOException, InterruptedException {
        cold = false;
        for (SharedSystem system : SharedSystem.all()) {
            outcome(system, new Scenario(2, false, true), Timing.SMALL);
        }
    }

    void run(Timing timing, int... tasks) throws IOException, InterruptedException {
        for (SharedSystem system : SharedSystem.all()) {
            for (Series each : Series.all(timing, tasks)) {
                List<ReplicasOutcome> outcomes = new ArrayList<>();
                for (Scenario scenario : each.scenarios()) {
                    if (cold) {
                        warmUp();
                    }
                    ReplicasOutcome outcome = outcome(system, scenario, timing);
                    outcomes.add(outcome);
                    System.out.printf("%s, 2 × %s: %s%n", system.name(), scenario, outcome);
                }
                add(system, each, outcomes);
            }
        }
    }

    ReplicasOutcome outcome(SharedSystem system, Scenario scenario, Timing timing)
            throws IOException, InterruptedException {
        String session = UUID.randomUUID().toString();
        Ledger ledger = new Ledger();
        try (SharedSystem.Replica outside =
                system.open(database, session, ledger, new Summarizer(ledger, timing), timing)) {
            outside.create();
            for (ChildJvm replica : replicas) {
                replica.tell(
                        "prepare",
                        SharedSystem.all().stream()
                                .map(SharedSystem::name)
                                .toList()
                                .indexOf(system.name()),
                        session,
                        scenario.tasks(),
                        scenario.apart(),
                        timing.summary(),
                        timing.answer(),
                        timing.gap());
            }
            for (ChildJvm replica : replicas) {
                expect("ready", replica.next(ANSWER_SECONDS));
            }
            long start = System.nanoTime();
            replicas.forEach(replica -> replica.tell("go"));
            AtomicInteger notices = new AtomicInteger();
            boolean ended = hasEnded(scenario.append(), ledger, notices);
            long millis = (System.nanoTime() - start) / 1_000_000;
            if (ended) {
                replicas.forEach(replica -> replica.tell("close"));
            } else {
                stop();
                start();
                cold = true;
            }
            Map<String, Integer> history = outside.history();
            int texts = history.values().stream().mapToInt(Integer::intValue).sum();
            return new ReplicasOutcome(
                    ledger.outcome(history.keySet(), millis), texts - history.size(), notices.get(), ended);
        }
    }

    /**
     * Waits until both have done their tasks, but not for too long, and adds what they tell to the ledger. At the first summary,
     * one message is appended by the other process.
     *
     * @param notices is given one for each task that told its user of a compaction
     * @return whether all tasks have ended; not so if the time was up, or the memory of a process
     */
    private boolean hasEnded(boolean append, Ledger ledger, AtomicInteger notices) throws InterruptedException {
        long deadline = System.nanoTime() + SCENARIO_SECONDS * 1_000_000_000L;
        int expected = replicas.size();
        boolean mayAppend = append;
        while (expected > 0) {
            for (int i = 0; i < replicas.size(); i++) {
                String answer;
                try {
                    answer = replicas.get(i).nextOr("", 1);
                } catch (IOException e) {
                    return false;
                }
                if (answer.startsWith(LEDGER)) {
                    ledger.add(answer.substring(LEDGER.length()));
                } else if (answer.equals("notice")) {
                    notices.incrementAndGet();
                } else if (answer.equals("summarizing") && mayAppend) {
                    mayAppend = false;
                    expected++;
                    replicas.get(1 - i).tell("append");
                } else if (answer.equals("done") || answer.equals("appended")) {
                    expected--;
                } else if (answer.isEmpty() && System.nanoTime() - deadline > 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private static void expect(String expected, String answer) throws IOException {
        if (!answer.equals(expected)) {
            throw new IOException("A replica said '" + answer + "' instead of '" + expected + "'");
        }
    }

    private void add(SharedSystem system, Series each, List<ReplicasOutcome> outcomes) {
        String tasks = each.scenarios().size() == 1
                ? "2 × " + each.describe()
                : "2 × (" + Series.joined(each.scenarios(), scenario -> Integer.toString(scenario.tasks())) + ")"
                        + each.what();
        table.add(
                system.name(),
                tasks,
                Series.joined(
                        outcomes, outcome -> Integer.toString(outcome.ofBoth().summaries())),
                Series.joined(
                        outcomes, outcome -> Integer.toString(outcome.ofBoth().applied())),
                Series.joined(
                        outcomes, outcome -> Integer.toString(outcome.ofBoth().lost())),
                Series.joined(outcomes, outcome -> Integer.toString(outcome.doubled())),
                Series.joined(outcomes, outcome -> Integer.toString(outcome.notices())),
                Series.joined(
                        outcomes,
                        outcome -> Integer.toString(outcome.ofBoth().failures().size())),
                Series.joined(
                                outcomes,
                                outcome -> (outcome.ended() ? "" : "> ")
                                        + String.format(
                                                Locale.ROOT,
                                                "%.1f",
                                                outcome.ofBoth().millis() / 1_000.0))
                        + " s");
        for (ReplicasOutcome outcome : outcomes) {
            if (!outcome.ended()) {
                failures.add(system.name() + ", " + tasks + ": a process was out of memory, or after "
                        + SCENARIO_SECONDS + " seconds not all tasks had ended; the processes were ended");
            }
            List<String> failed = outcome.ofBoth().failures();
            if (!failed.isEmpty()) {
                failures.add(system.name() + ", " + tasks + ": " + failed.size() + " tasks failed with "
                        + new TreeSet<>(failed));
            }
            goalMet &= !system.isOurs() || outcome.isIdeal();
        }
    }

    boolean goalMet() {
        return goalMet;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(String.format(
                "JDK %s, %d processors, two JVMs on one PostgreSQL. All models are scripted.%n%n%s",
                Runtime.version(), Runtime.getRuntime().availableProcessors(), table));
        failures.forEach(failure -> text.append(String.format("%n%s%n", failure)));
        return text.append(String.format(
                        "%nGoal of this project with a store, 1 / 1 / 0 / 0 / 1 and no task failed: %s%n",
                        goalMet ? "yes" : "NO"))
                .toString();
    }

    @Override
    public void close() {
        stop();
        database.close();
        postgres.close();
    }

    /**
     * What a scenario came to in both processes.
     *
     * @param doubled how many copies of messages and summaries the history holds beyond the first of each
     * @param notices how many tasks told their user of a compaction
     * @param ended whether all tasks had ended when the time was up
     */
    record ReplicasOutcome(Outcome ofBoth, int doubled, int notices, boolean ended) {

        boolean isIdeal() {
            return ofBoth.isIdeal() && doubled == 0 && notices == 1 && ended;
        }
    }
}
