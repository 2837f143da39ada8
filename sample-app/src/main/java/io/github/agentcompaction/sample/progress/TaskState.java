package io.github.agentcompaction.sample.progress;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a task of a message is doing. */
public enum TaskState {
    /** It asks the model. */
    RUNNING,
    /** It hit the model's limit, and waits for the session's lock. */
    WAITING,
    /** It has the lock, and has the session summarized. */
    COMPACTING,
    /** It asks the model again, with the shorter conversation. */
    RETRYING,
    /** It has its answer. */
    ANSWERED,
    /** It has failed. */
    FAILED;

    @JsonValue
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
