package io.github.agentcompaction.sample.progress;

import io.github.agentcompaction.CompactionOutcome;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** The tasks of one message, watched from its arrival until this is closed. The tasks may run on any threads. */
public final class Run implements AutoCloseable {

    private final long number;
    private final SessionKey key;
    private final boolean coordinated;
    private final Consumer<TaskEvent> listener;
    private final AtomicInteger summaries = new AtomicInteger();
    private final long start = System.nanoTime();

    Run(long number, SessionKey key, boolean coordinated, Consumer<TaskEvent> listener) {
        this.number = number;
        this.key = key;
        this.coordinated = coordinated;
        this.listener = listener;
    }

    /** {@return the lane of a task; 0 is the answer} */
    public Lane lane(int task) {
        return new Lane(this, task);
    }

    void entered(int task, TaskState state) {
        listener.accept(new TaskEvent.Entered(number, task, state, null, sinceStart()));
    }

    void retries(int task, CompactionOutcome outcome) {
        String word = outcome.name().toLowerCase(Locale.ROOT);
        listener.accept(new TaskEvent.Entered(number, task, TaskState.RETRYING, word, sinceStart()));
    }

    void summarizerCalled() {
        summaries.incrementAndGet();
    }

    @Override
    public void close() {
        listener.accept(new TaskEvent.Ended(number, summaries.get(), sinceStart()));
    }

    private long sinceStart() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }
}
