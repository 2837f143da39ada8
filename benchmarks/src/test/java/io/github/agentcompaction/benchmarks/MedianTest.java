package io.github.agentcompaction.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MedianTest {

    @Test
    void of_anOddNumber_isTheMiddleOne() {
        assertThat(Median.of(9, 1, 5)).isEqualTo(5);
    }

    @Test
    void of_anEvenNumber_isTheMeanOfTheTwoInTheMiddle() {
        assertThat(Median.of(9, 1, 5, 2)).isEqualTo(3.5);
    }

    @Test
    void ratio_ofMedians_hasTheRangeOfTheRounds() {
        assertThat(Ratio.ofMedians(new double[] {2, 6, 4}, new double[] {1, 2, 4}))
                .isEqualTo(new Ratio(2, 1, 3));
    }
}
