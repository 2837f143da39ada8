package io.github.agentcompaction.sample.progress;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a task of a message is doing. */
public enum TaskState {
    /** It asks the model. */
    RUNNING,
    /** It hit the model's limit, and asks for the session's lock. */
    WAITING,
    /** It has the lock, and lets the summarizer work. */
    COMPACTING,
    /** It asks the model again, with the shorter conversation. */
    RETRYING,
    /** It has its answer. */
    ANSWERED,
    /** It has none, and will get none. */
    FAILED;

    @JsonValue
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
