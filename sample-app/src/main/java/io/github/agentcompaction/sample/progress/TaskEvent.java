package io.github.agentcompaction.sample.progress;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a session, and to the tasks of one message: numbers and states, no text. Times are milliseconds since the
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

    /** The session is being summarized. */
    record Summarizing() implements TaskEvent {

        @Override
        public String kind() {
            return "summarizing";
        }
    }

    /**
     * The session is not being summarized any more. Numbers that are not known are left out.
     *
     * @param outcome how that ended
     * @param took how many milliseconds it took
     * @param tokensBefore the size of the conversation before
     * @param tokensAfter and afterwards
     * @param promptTokens what was paid for asking for the summary
     * @param completionTokens and for the summary
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Summarized(
            String outcome,
            long took,
            @Nullable Long tokensBefore,
            @Nullable Long tokensAfter,
            @Nullable Long promptTokens,
            @Nullable Long completionTokens)
            implements TaskEvent {

        @Override
        public String kind() {
            return "summarized";
        }
    }
}
