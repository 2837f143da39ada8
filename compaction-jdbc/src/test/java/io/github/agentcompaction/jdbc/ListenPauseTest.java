package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

class ListenPauseTest {

    private long now = Long.MAX_VALUE - Duration.ofMinutes(1).toNanos(); // it overflows on the way
    private final ListenPause pause = new ListenPause(() -> now);

    @Test
    void begin_eachTime_isTwiceAsLong_upToFourMinutes_andSaidOnce() {
        try (CapturedLog log = new CapturedLog()) {
            assertThat(pause.isOver()).isTrue();

            for (int seconds : new int[] {30, 60, 120, 240, 240}) {
                pause.begin();
                assertLasts(seconds);
            }

            assertThat(log.at(Level.WARNING))
                    .singleElement()
                    .asString()
                    .contains("For PT30S waiting tasks are told by polling")
                    .contains("listens again")
                    .contains("two are free for this");
        }
    }

    @Test
    void begin_longAfterTheOneBefore_isAsShortAsTheFirst() {
        pause.begin();
        assertLasts(30);
        pause.begin();
        assertLasts(60);
        now += Duration.ofMinutes(5).toNanos();

        pause.begin();

        assertLasts(30);
    }

    private void assertLasts(int seconds) {
        now += Duration.ofSeconds(seconds).toNanos() - 1;
        assertThat(pause.isOver()).isFalse();
        now++;
        assertThat(pause.isOver()).isTrue();
    }
}
