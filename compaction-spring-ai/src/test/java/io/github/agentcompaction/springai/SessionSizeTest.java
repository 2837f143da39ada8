package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How fast a session grows, and when it may be compacted again. */
class SessionSizeTest {

    private final SessionSize size = new SessionSize();

    private double answered(double seconds, double tokens) {
        return size.answered((long) (seconds * Duration.ofSeconds(1).toNanos()), tokens);
    }

    @Test
    void answered_first_knowsNoGrowth() {
        assertThat(answered(100, 5000)).isZero();
    }

    @Test
    void answered_later_isTheGrowthPerSecond() {
        answered(100, 5000);
        answered(101, 5500);

        assertThat(answered(104, 5800)).isEqualTo(200);
    }

    @Test
    void answered_manyTimes_countsTheRecentOnes() {
        answered(0, 1000);
        for (int second = 100; second < 107; second++) {
            answered(second, 2000 + 10 * (second - 100));
        }

        assertThat(answered(107, 2070)).isEqualTo(10);
    }

    @Test
    void answered_atOneInstant_isTheGrowthOfASecond() {
        answered(100, 5000);

        assertThat(answered(100, 5200)).isEqualTo(200);
    }

    @Test
    void answered_afterACompaction_growsOnAsFast() {
        answered(100, 5000);
        answered(101, 6000);

        assertThat(answered(102, 2000)).isEqualTo(500);
        assertThat(answered(104, 2100)).isEqualTo(275);
    }

    @Test
    void tryCompact_oneOfManyMay() {
        assertThat(size.tryCompact(800, 50)).isTrue();
        assertThat(size.tryCompact(800, 50)).isFalse();
        assertThat(size.tryCompact(849, 50)).isFalse();
        assertThat(size.tryCompact(850, 50)).isTrue();
        assertThat(size.tryCompact(850, 50)).isFalse();
    }

    @Test
    void tryCompact_afterTheHistoryBecameShorter_countsFromThere() {
        size.tryCompact(1000, 50);
        answered(1, 790);

        assertThat(size.tryCompact(810, 50)).isFalse();
        assertThat(size.tryCompact(840, 50)).isTrue();
    }

    @Test
    void tryCompact_afterNothingWasTried_mayAgain() {
        size.tryCompact(800, 50);
        size.notCompacted();

        assertThat(size.tryCompact(800, 50)).isTrue();
    }
}
