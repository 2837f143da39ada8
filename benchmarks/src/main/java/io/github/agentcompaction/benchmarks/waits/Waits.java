package io.github.agentcompaction.benchmarks.waits;

import io.github.agentcompaction.benchmarks.MarkdownTable;
import io.github.agentcompaction.benchmarks.waits.OverChatMemory.When;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/**
 * Runs a long session through a small window and prints how much longer its turns take than where the window never fills.
 * Ends with 1 if this project's defaults make a turn wait.
 */
public final class Waits {

    /** The goal for the slowest turn but two of two hundred. */
    private static final double GOAL_MILLIS = 10;

    private final Load load;
    private final MarkdownTable table = new MarkdownTable(
            "compaction",
            "tasks",
            "added p50",
            "added p99",
            "added max",
            "turns that waited",
            "summaries",
            "refused calls",
            "failed turns",
            "tokens paid");
    private boolean goalMet = true;

    Waits(Load load) {
        this.load = load;
    }

    /** {@code quick} to see that everything runs. */
    public static void main(String[] args) throws Exception {
        LoggingSystem.get(Waits.class.getClassLoader()).setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
        new Waits(Load.QUICK).measure(1); // so that no contestant pays for loading its classes
        boolean quick = args.length > 0 && args[0].equals("quick");
        Waits waits = new Waits(quick ? Load.QUICK : Load.FULL);
        waits.measure(1);
        waits.measure(4);
        System.out.print(waits);
        System.exit(quick || waits.goalMet ? 0 : 1);
    }

    void measure(int tasks) throws Exception {
        List<Contestant> ours = new ArrayList<>();
        for (When when : When.values()) {
            for (double share : new double[] {0.25, 0.5, 0.75}) {
                ours.add(new OverChatMemory(when, share));
            }
        }
        compare(ours, tasks);
        compare(List.of(new OverSession(load.windowTurns() * 4 / 5)), tasks);
    }

    /** Compares some with what the first of them needs when the window never fills. */
    private void compare(List<Contestant> contestants, int tasks) throws Exception {
        Run never = Run.of(contestants.get(0), load, tasks, false);
        add(contestants.get(0), tasks, never, never);
        for (Contestant contestant : contestants) {
            add(contestant, tasks, never, Run.of(contestant, load, tasks, true));
        }
    }

    private void add(Contestant contestant, int tasks, Run never, Run run) {
        boolean fills = run != never;
        double p99 = run.percentile(0.99) - never.percentile(0.99);
        long waited = run.waited(never, load.summaryMillis() / 4.0);
        if (fills && contestant.hasGoal() && tasks == 1) {
            goalMet = p99 <= GOAL_MILLIS && waited == 0;
        }
        table.add(
                fills ? contestant.title() : contestant.title().replaceAll(",.*", "") + ": a window that never fills",
                Integer.toString(tasks),
                added(run.percentile(0.5) - never.percentile(0.5)),
                added(p99),
                added(run.max() - never.max()),
                Long.toString(waited),
                Integer.toString(run.summaries()),
                Integer.toString(run.refused()),
                Integer.toString(run.failed()),
                String.format(Locale.ROOT, "%,d", run.tokens()));
    }

    private static String added(double millis) {
        return String.format(Locale.ROOT, "%,.1f ms", millis);
    }

    boolean goalMet() {
        return goalMet;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "JDK %s, %d processors. %d turns, a window of %d, an answer takes %d ms, a summary %d ms. All models are"
                        + " scripted, no network.%n%n%s%nGoal of this project's defaults, one task at a time, at most %.0f ms"
                        + " more at p99 and no turn waits: %s%n",
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                load.turns(),
                load.windowTurns(),
                load.answerMillis(),
                load.summaryMillis(),
                table,
                GOAL_MILLIS,
                goalMet ? "yes" : "NO");
    }
}
