package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class CompactionReportTest {

    @Test
    void tokensSaved_isTheDifference() {
        assertThat(saved(CompactionOutcome.COMPACTED, OptionalLong.of(900), OptionalLong.of(300)))
                .isEqualTo(600);
    }

    @Test
    void tokensSaved_historyThatIsLonger_isNothing() {
        assertThat(saved(CompactionOutcome.COMPACTED, OptionalLong.of(300), OptionalLong.of(310)))
                .isZero();
    }

    @Test
    void tokensSaved_notKnown_isNothing() {
        assertThat(saved(CompactionOutcome.COMPACTED, OptionalLong.empty(), OptionalLong.of(300)))
                .isZero();
        assertThat(saved(CompactionOutcome.COMPACTED, OptionalLong.of(900), OptionalLong.empty()))
                .isZero();
    }

    /** The summary was paid for and not used. */
    @Test
    void tokensSaved_otherOutcomes_isNothing() {
        assertThat(CompactionOutcome.values())
                .filteredOn(outcome -> saved(outcome, OptionalLong.of(900), OptionalLong.of(300)) != 0)
                .containsExactly(CompactionOutcome.COMPACTED);
    }

    private static long saved(CompactionOutcome outcome, OptionalLong before, OptionalLong after) {
        CompactionUsage usage = new CompactionUsage(before, after, OptionalLong.of(1), OptionalLong.of(1));
        return new CompactionReport(CompactionTrigger.OVERFLOW, outcome, Duration.ZERO, 0, usage).tokensSaved();
    }
}
