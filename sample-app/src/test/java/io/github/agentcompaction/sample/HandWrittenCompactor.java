package io.github.agentcompaction.sample;

import io.github.agentcompaction.Compactor;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A compactor without Spring AI, as {@code docs/by-hand.md} shows it. */
final class HandWrittenCompactor implements Compactor {

    private final HandWrittenStore store;
    private final Function<List<String>, String> summarizer;

    HandWrittenCompactor(HandWrittenStore store, Function<List<String>, String> summarizer) {
        this.store = store;
        this.summarizer = summarizer;
    }

    @Override
    public Optional<String> compact(String session) {
        List<String> history = store.read(session);
        List<String> oldest = history.subList(0, history.size() / 2);
        if (oldest.isEmpty()) {
            return Optional.empty(); // nothing left: the task gets a ContextLimitExceededException
        }
        String summary = summarizer.apply(oldest); // takes seconds; others append meanwhile
        store.replaceOldest(session, oldest, "Summary: " + summary);
        return Optional.of(summary);
    }
}
