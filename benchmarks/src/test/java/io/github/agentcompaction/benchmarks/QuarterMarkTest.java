package io.github.agentcompaction.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuarterMarkTest {

    @Test
    void of_nineTimes_isTheThirdShortest() {
        assertThat(QuarterMark.of(9, 3, 8, 1, 7, 2, 6, 4, 5)).isEqualTo(3);
    }

    @Test
    void of_oneTime_isThatTime() {
        assertThat(QuarterMark.of(4)).isEqualTo(4);
    }
}
