package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CompactionPaceTest {

    private final CompactionPace pace = new CompactionPace(new ContextWindow(1000, 0.8, true, new Characters()));

    @Test
    void isDue_atRest_beyondTheShare() {
        assertThat(pace.isDue(800, 0)).isFalse();
        assertThat(pace.isDue(801, 0)).isTrue();
    }

    @Test
    void isDue_asFastAsPeopleAre_beyondTheShare() {
        assertThat(pace.isDue(790, 5)).isFalse();
    }

    @Test
    void isDue_wouldOutgrowTheWindowWithinAFewSeconds_earlier() {
        assertThat(pace.isDue(625, 50)).isFalse(); // 5 seconds are assumed, and half as much for safety
        assertThat(pace.isDue(625, 51)).isTrue();
    }

    @Test
    void isDue_goesByHowLongTheLastOneTook() {
        pace.took(Duration.ofSeconds(2).toNanos());
        assertThat(pace.isDue(700, 100)).isFalse();
        assertThat(pace.isDue(700, 101)).isTrue();

        pace.took(Duration.ofSeconds(20).toNanos());
        assertThat(pace.isDue(700, 11)).isTrue();
    }

    @Test
    void isDue_belowHalfOfTheShare_never() {
        assertThat(pace.isDue(400, 1e9)).isFalse();
        assertThat(pace.isDue(401, 1e9)).isTrue();
    }

    @Test
    void isDue_shrinking_goesByTheShare() {
        assertThat(pace.isDue(801, -1e9)).isTrue();
        assertThat(pace.isDue(799, -1e9)).isFalse();
    }
}
