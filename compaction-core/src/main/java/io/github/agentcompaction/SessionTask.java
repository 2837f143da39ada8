package io.github.agentcompaction;

import org.jspecify.annotations.Nullable;

/**
 * One run of the model for a session, as {@link CompactionTemplate} calls it: it loads the session's history and asks
 * the model.
 *
 * <p>It is called again, from the start, after the session was compacted, so it must read the history itself.
 *
 * @param <T> what the task answers
 * @param <E> the checked exception that the task throws; inferred as {@link RuntimeException} when it throws none
 */
@FunctionalInterface
public interface SessionTask<T extends @Nullable Object, E extends Exception> {

    /**
     * Runs the model once.
     *
     * @return the answer
     * @throws E if the model could not answer; a context-limit error makes the template compact and call again
     */
    T call() throws E;
}
