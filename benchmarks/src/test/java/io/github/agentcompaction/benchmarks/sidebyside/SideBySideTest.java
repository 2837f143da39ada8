package io.github.agentcompaction.benchmarks.sidebyside;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs everything small, and checks that what is counted is counted right. */
class SideBySideTest {

    private final SideBySide small = new SideBySide(Timing.SMALL, 2, 8);

    @Test
    void run_everySystem_hasItsRowsAndThisProjectMeetsItsGoal() throws Exception {
        small.run();

        assertThat(small.goalMet()).as(small.toString()).isTrue();
        assertThat(small.toString()).contains("nothing lost: yes");
        assertThat(small.toString().lines().filter(line -> line.contains("failed with")))
                .isNotEmpty()
                .allMatch(line -> line.startsWith("calls over spring-ai-session 0.6.0 alone, "));
        assertThat(SideBySide.contestants())
                .allSatisfy(contestant -> assertThat(
                                small.toString().lines().filter(line -> line.contains("| " + contestant.name() + " ")))
                        .hasSize(3));
    }

    @Test
    void outcome_ofAPeer_isNotThatOfThisProject() throws Exception {
        Outcome outcome = small.outcome(new SpringAiSession(false), new Scenario(2, false, true));

        assertThat(outcome.summaries()).isEqualTo(2);
        assertThat(outcome.isIdeal()).isFalse();
    }

    @Test
    void outcome_ofCallsOverSessionsAlone_isThatAllFail() throws Exception {
        Outcome alone = small.outcome(new CallsOverSession(false), new Scenario(2, false, false));
        Outcome recovered = small.outcome(new CallsOverSession(true), new Scenario(2, false, false));

        assertThat(alone.failures()).hasSize(2);
        assertThat(alone.summaries()).isZero();
        assertThat(recovered.isIdeal()).isTrue();
    }

    @Test
    void ledger_messageThatIsNowhere_isLost() {
        Ledger ledger = new Ledger();
        String kept = ledger.message();
        ledger.message();

        assertThat(ledger.outcome(List.of(kept), 7)).isEqualTo(new Outcome(0, 0, 1, 7, List.of()));
    }

    @Test
    void ledger_messageInASummaryOfASummary_isNotLost() {
        Ledger ledger = new Ledger();
        String first = ledger.summaryOf(ledger.message() + " and " + ledger.message());
        String second = ledger.summaryOf(first + ledger.message());

        assertThat(ledger.outcome(List.of(second, ledger.message()), 0)).isEqualTo(new Outcome(2, 2, 0, 0, List.of()));
    }

    @Test
    void ledger_summaryThatIsNowhere_isNotApplied() {
        Ledger ledger = new Ledger();
        ledger.summaryOf(ledger.message());

        assertThat(ledger.outcome(List.of(), 0)).isEqualTo(new Outcome(1, 0, 1, 0, List.of()));
    }

    @Test
    void outcome_withAFailedTask_isNotIdeal() {
        Ledger ledger = new Ledger();
        String summary = ledger.summaryOf(ledger.message());
        assertThat(ledger.outcome(List.of(summary), 0).isIdeal()).isTrue();

        ledger.failed(new IllegalStateException());

        assertThat(ledger.outcome(List.of(summary), 0).isIdeal()).isFalse();
    }
}
