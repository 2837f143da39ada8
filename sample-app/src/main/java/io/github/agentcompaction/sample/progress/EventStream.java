package io.github.agentcompaction.sample.progress;

import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter.SseEventBuilder;

/**
 * One browser that listens. Events are queued here and sent by another thread, so a browser that is slow, or gone, holds
 * up no task; one that is too far behind is cut off, and gets what still matters when it connects again.
 */
final class EventStream {

    /** More than the events of several messages with 32 subtasks each. */
    private static final int LONGEST_QUEUE = 1_000;

    private final SseEmitter emitter;
    private final Executor threads;
    private final Queue<SseEventBuilder> queue = new ArrayBlockingQueue<>(LONGEST_QUEUE);
    private final AtomicInteger unsent = new AtomicInteger();

    EventStream(SseEmitter emitter, Executor threads) {
        this.emitter = emitter;
        this.threads = threads;
    }

    /** Sends an event later. Never blocks. {@return whether the browser may still be there} */
    boolean offer(SseEventBuilder event) {
        if (!queue.offer(event)) {
            end();
            return false;
        }
        if (unsent.getAndIncrement() == 0) {
            threads.execute(this::send);
        }
        return true;
    }

    void end() {
        threads.execute(emitter::complete);
    }

    /** Sends what is queued, on one thread at a time: another one starts only when everything was sent. */
    private void send() {
        try {
            do {
                SseEventBuilder event = queue.poll();
                if (event != null) {
                    emitter.send(event);
                }
            } while (unsent.decrementAndGet() > 0);
        } catch (IOException | IllegalStateException e) {
            // The browser has gone. The container tells the emitter's callbacks, and they forget this stream.
        }
    }
}
