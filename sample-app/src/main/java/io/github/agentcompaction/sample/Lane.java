package io.github.agentcompaction.sample;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One task of a {@link Run}, as it is watched. While the task works its thread has its lane, so that whatever happens deep
 * inside, such as a call of the summarizer, is shown where it belongs.
 */
final class Lane {

    private static final ThreadLocal<@Nullable Lane> CURRENT = new ThreadLocal<>();

    private final Run run;
    private final int task;

    Lane(Run run, int task) {
        this.run = run;
        this.task = task;
    }

    /** {@return the lane of the task that this thread works for, if it works for one} */
    static Optional<Lane> current() {
        return Optional.ofNullable(CURRENT.get());
    }

    /** {@return the message that the task works on} */
    Run run() {
        return run;
    }

    void enter(TaskState state) {
        run.entered(task, state);
    }

    /** Works on this thread until the answer is there. */
    <T, E extends Exception> T work(Work<T, E> work) throws E {
        CURRENT.set(this);
        enter(TaskState.RUNNING);
        boolean answered = false;
        try {
            T answer = work.call();
            answered = true;
            return answer;
        } finally {
            CURRENT.remove();
            enter(answered ? TaskState.ANSWERED : TaskState.FAILED);
        }
    }

    /**
     * What a task does.
     *
     * @param <T> what it answers
     * @param <E> what it throws
     */
    interface Work<T, E extends Exception> {

        T call() throws E;
    }
}
