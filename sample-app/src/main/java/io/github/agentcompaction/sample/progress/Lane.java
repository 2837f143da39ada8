package io.github.agentcompaction.sample.progress;

import io.github.agentcompaction.CompactionOutcome;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One task of a {@link Run}, as it is watched. The thread that works on the task has its lane meanwhile, so that what
 * happens deep inside, such as a call of the summarizer, is shown where it belongs.
 */
public final class Lane {

    private static final ThreadLocal<@Nullable Lane> CURRENT = new ThreadLocal<>();

    private final Run run;
    private final int task;

    Lane(Run run, int task) {
        this.run = run;
        this.task = task;
    }

    /** {@return the lane of the task that this thread works on, if it works on one} */
    public static Optional<Lane> current() {
        return Optional.ofNullable(CURRENT.get());
    }

    /** {@return the message that the task works on} */
    Run run() {
        return run;
    }

    public void enter(TaskState state) {
        run.entered(task, state);
    }

    /** The task asks the model again, because the session was compacted. */
    void retry(CompactionOutcome outcome) {
        run.retries(task, outcome);
    }

    /** Works on the task on this thread, until the answer is there. */
    public <T> T work(Supplier<T> work) {
        CURRENT.set(this);
        enter(TaskState.RUNNING);
        boolean answered = false;
        try {
            T answer = work.get();
            answered = true;
            return answer;
        } finally {
            CURRENT.remove();
            enter(answered ? TaskState.ANSWERED : TaskState.FAILED);
        }
    }
}
