package io.github.agentcompaction.sample.progress;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter.DataWithMediaType;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** A browser that listens, however slowly. */
@Timeout(30)
class EventStreamTest {

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void offer_manyThreads_sendsEveryEventOnceAndOneAtATime() throws Exception {
        SlowBrowser browser = new SlowBrowser();
        browser.takes.countDown();
        EventStream stream = new EventStream(browser, threads);
        CountDownLatch offered = new CountDownLatch(4);

        for (int thread = 0; thread < 4; thread++) {
            int number = thread;
            threads.execute(() -> {
                for (int i = 0; i < 100; i++) {
                    stream.offer(SseEmitter.event().comment(number + "-" + i));
                }
                offered.countDown();
            });
        }

        assertThat(offered.await(30, SECONDS)).isTrue();
        assertThat(browser.got.await(30, SECONDS)).isTrue();
        assertThat(browser.events).hasSize(400).doesNotHaveDuplicates();
        assertThat(browser.atOnce).isEqualTo(1);
    }

    @Test
    void offer_browserThatTakesNothing_isNotWaitedFor_andIsCutOffWhenTheQueueIsFull() throws Exception {
        SlowBrowser browser = new SlowBrowser();
        EventStream stream = new EventStream(browser, threads);

        int taken = 0;
        while (taken < 2_000 && stream.offer(SseEmitter.event().comment("event"))) {
            taken++;
        }

        assertThat(taken).isBetween(1_000, 1_001); // what the queue holds, and what is being sent
        assertThat(browser.completed.await(30, SECONDS)).isTrue();
    }

    /** Takes events only when it is told to. */
    private static final class SlowBrowser extends SseEmitter {

        final CountDownLatch takes = new CountDownLatch(1);
        final CountDownLatch got = new CountDownLatch(400);
        final CountDownLatch completed = new CountDownLatch(1);
        final List<String> events = new CopyOnWriteArrayList<>();
        volatile int atOnce;
        private int sending;

        @Override
        public void send(SseEventBuilder event) {
            sending++;
            atOnce = Math.max(atOnce, sending);
            try {
                takes.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            StringBuilder text = new StringBuilder();
            for (DataWithMediaType part : event.build()) {
                text.append(part.getData());
            }
            events.add(text.toString());
            sending--;
            got.countDown();
        }

        @Override
        public void complete() {
            completed.countDown();
        }
    }
}
