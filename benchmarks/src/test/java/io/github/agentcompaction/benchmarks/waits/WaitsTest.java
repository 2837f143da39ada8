package io.github.agentcompaction.benchmarks.waits;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.benchmarks.waits.OverChatMemory.When;
import org.junit.jupiter.api.Test;

/** Runs everything small, and checks what is counted. */
class WaitsTest {

    private static final Load SMALL = new Load(24, 8, 2, 20);

    @Test
    void measure_hasARowForEachContestant() throws Exception {
        Waits waits = new Waits(SMALL);

        waits.measure(1);

        assertThat(waits.toString().lines().filter(line -> line.startsWith("| ")))
                .hasSize(13) // the head, 9 of this project, 1 other, and a window that never fills for each
                .anyMatch(line -> line.startsWith("| in the background, share 0.75"))
                .anyMatch(line -> line.startsWith("| spring-ai-session 0.6.0, its advisor"));
    }

    @Test
    void run_beforeTheCall_paysForSummariesAndFailsNoTurn() throws Exception {
        Contestant contestant = new OverChatMemory(When.BEFORE_THE_CALL, 0.5);

        Run never = Run.of(contestant, SMALL, 1, false);
        Run run = Run.of(contestant, SMALL, 1, true);

        assertThat(never.summaries()).isZero();
        assertThat(run.summaries()).isPositive();
        assertThat(run.failed()).isZero();
        assertThat(run.refused()).isZero();
        assertThat(run.millis()).hasSize(24).isSorted();
        assertThat(run.tokens()).isLessThan(never.tokens());
    }

    @Test
    void run_onOverflowOnly_isRefusedFirst() throws Exception {
        Run run = Run.of(new OverChatMemory(When.ON_OVERFLOW, 0.5), SMALL, 1, true);

        assertThat(run.refused()).isPositive();
        assertThat(run.summaries()).isEqualTo(run.refused());
        assertThat(run.failed()).isZero();
    }
}
