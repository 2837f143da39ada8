package io.github.agentcompaction.sample.progress;

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
     */
    record Began(long run, int subtasks, boolean coordinated) implements TaskEvent {

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
     * @param at since when
     */
    record Entered(long run, int task, TaskState state, long at) implements TaskEvent {

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
