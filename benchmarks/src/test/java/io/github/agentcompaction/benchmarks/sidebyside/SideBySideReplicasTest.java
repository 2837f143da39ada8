package io.github.agentcompaction.benchmarks.sidebyside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.agentcompaction.benchmarks.sidebyside.SideBySideReplicas.ReplicasOutcome;
import io.github.agentcompaction.benchmarks.stores.Postgres;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs everything small, and checks that what two processes count is added up right. */
class SideBySideReplicasTest {

    @Test
    void run_everySystem_hasItsRowsAndThisProjectMeetsItsGoal() throws Exception {
        assumeTrue(Postgres.isThere(), Postgres.MISSING);
        try (SideBySideReplicas small = new SideBySideReplicas()) {
            small.run(Timing.SMALL, 2);

            assertThat(small.goalMet()).as(small.toString()).isTrue();
            assertThat(SharedSystem.all())
                    .allSatisfy(system -> assertThat(
                                    small.toString().lines().filter(line -> line.contains("| " + system.name() + " ")))
                            .hasSize(3));
        }
    }

    @Test
    void ledger_addedToAnother_knowsWhatBothKnow() {
        Ledger one = new Ledger();
        String kept = one.message();
        Ledger other = new Ledger(1_000, one::add);
        String summary = other.summaryOf("all of " + kept + other.message());
        other.message();
        other.failed(new IllegalStateException());

        assertThat(one.outcome(List.of(summary), 7))
                .isEqualTo(new Outcome(1, 1, 1, 7, List.of("IllegalStateException")));
    }

    @Test
    void ledger_lineOfSomethingElse_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Ledger().add("page 4"))
                .withMessageContaining("page 4");
    }

    @Test
    void outcome_withADoubledMessageOrTwoNotices_isNotIdeal() {
        Outcome ideal = new Outcome(1, 1, 0, 5, List.of());

        assertThat(new ReplicasOutcome(ideal, 0, 1, true).isIdeal()).isTrue();
        assertThat(new ReplicasOutcome(ideal, 1, 1, true).isIdeal()).isFalse();
        assertThat(new ReplicasOutcome(ideal, 0, 2, true).isIdeal()).isFalse();
        assertThat(new ReplicasOutcome(ideal, 0, 1, false).isIdeal()).isFalse();
    }
}
