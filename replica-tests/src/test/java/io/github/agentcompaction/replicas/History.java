package io.github.agentcompaction.replicas;

import io.github.agentcompaction.StagedCompactor;
import java.util.List;

/** A history as a process uses it. Thread-safe. */
interface History {

    /** Adds messages behind all others, next to each other. */
    void append(String session, List<String> texts);

    /** {@return how many messages there are, those of the summary included} */
    int size(String session);

    /** {@return summarizes the older half; a summary has all ids of what it stands for} */
    StagedCompactor compactor();
}
