package io.github.agentcompaction;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The deferred summaries of one agent: in this process, or in a store that replicas share. */
interface Summaries {

    void put(String sessionId, String summary);

    Optional<String> peek(String sessionId);

    /** {@return how long ago the session's summary was written} */
    Optional<Duration> age(String sessionId);

    /** Takes a summary out without blocking; never fails. Completes on any thread, which may be a store's. */
    CompletionStage<Popped> pop(String sessionId);

    boolean discard(String sessionId);

    /** {@return how many wait in this process} */
    int size();

    /**
     * What was taken out.
     *
     * @param summary the text, if there was one
     * @param giveBack undoes it, unless a newer summary has come; for one that could not be delivered
     */
    record Popped(Optional<String> summary, Runnable giveBack) {

        static final Popped NOTHING = new Popped(Optional.empty(), () -> {});

        @Override
        public String toString() {
            return "Popped"; // not the text
        }
    }
}
