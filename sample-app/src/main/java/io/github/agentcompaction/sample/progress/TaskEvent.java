package io.github.agentcompaction.sample.progress;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What happened to the tasks of one message: numbers and states, no text. Times are milliseconds since the
 * message came.
 */
sealed interface TaskEvent {

    /** {@return the name of the kind of event} */
    String kind();

    /**
     * A message came.
     *
     * @param run a number for the message
     * @param subtasks how many subtasks will work on it, numbered from 1; task 0 is the answer
     * @param coordinated whether its tasks are coordinated
     * @param replica the process that works on it, if there are several
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Began(
            long run,
            int subtasks,
            boolean coordinated,
            @Nullable String replica) implements TaskEvent {

        @Override
        public String kind() {
            return "run";
        }
    }

    /**
     * A task does something else now.
     *
     * @param run the message's number
     * @param task the task's number
     * @param state what it does
     * @param outcome if it asks again, whether it has compacted the session or joined another task's compaction
     * @param at since when
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Entered(
            long run, int task, TaskState state, @Nullable String outcome, long at) implements TaskEvent {

        @Override
        public String kind() {
            return "task";
        }
    }

    /**
     * All tasks of a message have ended.
     *
     * @param run the message's number
     * @param summaries how often the summarizer was called for it
     * @param at when they had ended
     */
    record Ended(long run, int summaries, long at) implements TaskEvent {

        @Override
        public String kind() {
            return "end";
        }
    }
}
