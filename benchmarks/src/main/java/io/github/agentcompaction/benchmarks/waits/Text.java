package io.github.agentcompaction.benchmarks.waits;

import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** What is said: plain words, so that estimates by a tokenizer are near to what the model counts. */
final class Text {

    private static final List<String> WORDS = List.of(
            "the", "order", "was", "sent", "to", "a", "new", "house", "in", "north", "city", "and", "we", "found",
            "that", "price", "had", "changed", "since", "last", "week", "please", "check", "again", "why", "this",
            "could", "happen");

    private Text() {}

    /** {@return so many words, others for each number} */
    static String of(int number, int words) {
        Random random = new Random(number);
        return random.ints(words, 0, WORDS.size()).mapToObj(WORDS::get).collect(Collectors.joining(" "));
    }

    /** {@return the tokens of a text of such words} */
    static int tokens(String text) {
        return text.isEmpty() ? 0 : text.split(" ", -1).length;
    }
}
