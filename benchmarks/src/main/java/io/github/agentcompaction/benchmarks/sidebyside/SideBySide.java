package io.github.agentcompaction.benchmarks.sidebyside;

import io.github.agentcompaction.benchmarks.MarkdownTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/** Runs every scenario under every system and prints what came of it; ends with 1 if this project missed its goal. */
public final class SideBySide {

    private final Timing timing;
    private final List<Series> series;
    private final MarkdownTable table = new MarkdownTable(
            "system", "tasks", "summarizer calls", "applied", "lost messages", "failed tasks", "wall time");
    private final List<String> failures = new ArrayList<>();
    private boolean goalMet = true;

    SideBySide(Timing timing, int... tasks) {
        this.timing = timing;
        this.series = Series.all(timing, tasks);
    }

    public static void main(String[] args) throws InterruptedException {
        LoggingSystem.get(SideBySide.class.getClassLoader()).setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
        new SideBySide(Timing.SMALL, 2).run(); // so that no system pays for loading its classes
        SideBySide sideBySide = new SideBySide(Timing.FULL, 2, 8, 32);
        sideBySide.run();
        System.out.print(sideBySide);
        System.exit(sideBySide.goalMet() ? 0 : 1);
    }

    static List<Contestant> contestants() {
        return List.of(
                new SpringAiSession(false),
                new SpringAiSession(true),
                new Adk(true),
                new Adk(false),
                new CallsOverSession(false),
                new CallsOverSession(true),
                new AdvisorOverChatMemory());
    }

    void run() throws InterruptedException {
        for (Contestant contestant : contestants()) {
            for (Series each : series) {
                List<Outcome> outcomes = new ArrayList<>();
                for (Scenario scenario : each.scenarios()) {
                    outcomes.add(outcome(contestant, scenario));
                }
                add(contestant, each, outcomes);
            }
        }
    }

    Outcome outcome(Contestant contestant, Scenario scenario) throws InterruptedException {
        Ledger ledger = new Ledger();
        Summarizer summarizer = new Summarizer(ledger, timing);
        Contestant.Prepared prepared = contestant.prepare(scenario, ledger, summarizer, timing);
        if (scenario.append()) {
            summarizer.meanwhile(() -> prepared.append(ledger.message()));
        }
        long start = System.nanoTime();
        prepared.run();
        long millis = (System.nanoTime() - start) / 1_000_000;
        return ledger.outcome(prepared.history(), millis);
    }

    private void add(Contestant contestant, Series each, List<Outcome> outcomes) {
        table.add(
                contestant.name(),
                each.describe(),
                Series.joined(outcomes, outcome -> Integer.toString(outcome.summaries())),
                Series.joined(outcomes, outcome -> Integer.toString(outcome.applied())),
                Series.joined(outcomes, outcome -> Integer.toString(outcome.lost())),
                Series.joined(
                        outcomes, outcome -> Integer.toString(outcome.failures().size())),
                Series.joined(outcomes, outcome -> String.format(Locale.ROOT, "%.1f", outcome.millis() / 1_000.0))
                        + " s");
        for (Outcome outcome : outcomes) {
            if (!outcome.failures().isEmpty()) {
                failures.add(contestant.name() + ", " + each.describe() + ": "
                        + outcome.failures().size() + " tasks failed with " + new TreeSet<>(outcome.failures()));
            }
            goalMet &= !contestant.isOurs() || outcome.isIdeal();
        }
    }

    boolean goalMet() {
        return goalMet;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "JDK %s, %d processors. All models are scripted, no network: a summary takes %d ms, an answer %d ms.%n%n%s",
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                timing.summary(),
                timing.answer(),
                table));
        failures.forEach(failure -> text.append(String.format("%n%s%n", failure)));
        return text.append(String.format(
                        "%nGoal of this project, one call, applied, nothing lost: %s%n", goalMet ? "yes" : "NO"))
                .toString();
    }
}
