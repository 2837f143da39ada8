package io.github.agentcompaction.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.benchmarks.Case.Measure;
import org.junit.jupiter.api.Test;

class CaseTest {

    @Test
    void quarterMark_ofTimes_isTheThirdLowestOfNine() {
        assertThat(Measure.CPU_TIME.quarterMark(9, 3, 8, 1, 7, 2, 6, 4, 5)).isEqualTo(3);
        assertThat(Measure.WALL_TIME.quarterMark(9, 3, 8, 1, 7, 2, 6, 4, 5)).isEqualTo(3);
    }

    @Test
    void quarterMark_ofThroughput_isTheThirdHighestOfNine() {
        assertThat(Measure.THROUGHPUT.quarterMark(9, 3, 8, 1, 7, 2, 6, 4, 5)).isEqualTo(7);
    }

    @Test
    void quarterMark_ofOneRound_isThatRound() {
        assertThat(Measure.CPU_TIME.quarterMark(4)).isEqualTo(4);
        assertThat(Measure.THROUGHPUT.quarterMark(4)).isEqualTo(4);
    }
}
