package io.github.agentcompaction.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Conversations of which no message is lost, as {@code docs/by-hand.md} shows them. */
final class HandWrittenStore {

    private final Map<String, List<String>> conversations = new ConcurrentHashMap<>();

    List<String> read(String session) {
        return conversations.getOrDefault(session, List.of());
    }

    void append(String session, List<String> turn) {
        conversations.merge(session, turn, HandWrittenStore::concat); // atomic, for each session
    }

    void replaceOldest(String session, List<String> oldest, String summary) {
        conversations.compute(session, (id, current) -> {
            int end = oldest.size();
            if (current == null
                    || current.size() < end
                    || !current.subList(0, end).equals(oldest)) {
                throw new IllegalStateException("The conversation was changed without the lease.");
            }
            return concat(List.of(summary), current.subList(end, current.size()));
        });
    }

    private static List<String> concat(List<String> first, List<String> then) {
        List<String> all = new ArrayList<>(first);
        all.addAll(then);
        return List.copyOf(all);
    }
}
