package io.github.agentcompaction.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OneDelayTest {

    private static final Duration NEVER = Duration.ofDays(365_000);

    private final List<Runnable> timers = new ArrayList<>();

    private OneDelay byHand(Duration delay) {
        return new OneDelay(delay, (in, look) -> timers.add(look));
    }

    @Test
    void manyTasks_setOneTimer() {
        OneDelay delay = byHand(NEVER);

        for (int i = 0; i < 100; i++) {
            delay.run(() -> {}).run();
        }

        assertThat(timers).hasSize(1);
    }

    @Test
    void timerWithoutATask_isNotSetAgainBeforeTheNextOne() {
        OneDelay delay = byHand(NEVER);
        delay.run(() -> {}).run();

        timers.remove(0).run();
        assertThat(timers).isEmpty();

        delay.run(() -> {});
        assertThat(timers).hasSize(1);
    }

    @Test
    void taskThatIsNotDue_waitsForTheNextTimer() {
        AtomicInteger ran = new AtomicInteger();
        OneDelay delay = byHand(NEVER);
        delay.run(ran::incrementAndGet);

        timers.remove(0).run();

        assertThat(ran).hasValue(0);
        assertThat(timers).hasSize(1);
    }

    @Test
    void dueTasks_runInTheirOrder_butThoseThatWereCancelled() {
        List<Integer> ran = new ArrayList<>();
        OneDelay delay = byHand(Duration.ofNanos(1));
        for (int i = 0; i < 100; i++) {
            int number = i;
            Runnable cancel = delay.run(() -> ran.add(number));
            if (number % 2 == 0) {
                cancel.run();
            }
        }

        timers.remove(0).run();

        assertThat(ran).hasSize(50).isSorted().allMatch(number -> number % 2 == 1);
    }

    @Test
    void noThreadForTheTimer_isTold_andTheNextTaskSetsIt() {
        AtomicInteger asked = new AtomicInteger();
        OneDelay delay = new OneDelay(NEVER, (in, look) -> {
            if (asked.incrementAndGet() == 1) {
                throw new RejectedExecutionException("on purpose");
            }
        });

        assertThatThrownBy(() -> delay.run(() -> {})).hasMessage("on purpose");
        delay.run(() -> {});

        assertThat(asked).hasValue(2);
    }
}
