package io.github.agentcompaction;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The answer of a root task, and the summary to show after it.
 *
 * <p>{@link #toString()} tells neither of the two texts, so that a reply may be logged.
 *
 * @param value what the task answered
 * @param summary the session's deferred summary if there was one; this reply is the only one that carries it
 * @param <T> what the task answers
 */
public record CompactedReply<T extends @Nullable Object>(T value, Optional<String> summary) {

    /**
     * Checks that the summary is there or empty, not null.
     *
     * @param value what the task answered
     * @param summary the session's deferred summary if there was one
     */
    public CompactedReply {
        Objects.requireNonNull(summary, "summary must not be null; use Optional.empty()");
    }

    @Override
    public String toString() {
        return "CompactedReply[summary " + (summary.isPresent() ? "present" : "absent") + "]";
    }
}
