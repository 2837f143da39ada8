package io.github.agentcompaction.benchmarks.sidebyside;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Knows every message that was told to a session and every summary that was made, and finds out what has become of them. */
final class Ledger {

    /** Messages of a session before the tasks come: twenty questions and answers, more than it may have. */
    static final int HISTORY = 40;

    /** Characters of a message of the history; those of the tasks are short. */
    static final int LENGTH = 1_000;

    private static final Pattern MARK = Pattern.compile("\\[(message|summary) (\\d+)]");

    private final AtomicInteger numbers;
    private final Set<Integer> messages = ConcurrentHashMap.newKeySet();
    private final ConcurrentHashMap<Integer, String> sources = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    private final Consumer<String> told;

    Ledger() {
        this(0, line -> {});
    }

    /**
     * A ledger of one of several processes.
     *
     * @param before the number before the first one: processes of one session need numbers of their own
     * @param told is given a line for each new entry, for {@link #add} of another process's ledger
     */
    Ledger(int before, Consumer<String> told) {
        this.numbers = new AtomicInteger(before);
        this.told = told;
    }

    /** {@return the text of a new message, recognizable wherever it turns up} */
    String message() {
        int number = numbers.incrementAndGet();
        messages.add(number);
        told.accept("message " + number);
        return "[message " + number + "]";
    }

    /** {@return the messages that make the session too long; the first is the user's, and they take turns} */
    List<String> history() {
        String padding = " and so on".repeat(LENGTH / 10);
        return IntStream.range(0, HISTORY).mapToObj(i -> message() + padding).toList();
    }

    /** {@return the text of a new summary of the given text} */
    String summaryOf(String source) {
        int number = numbers.incrementAndGet();
        sources.put(number, source);
        told.accept("summary " + number + " "
                + MARK.matcher(source).results().map(MatchResult::group).collect(Collectors.joining()));
        return "[summary " + number + "]";
    }

    int summaries() {
        return sources.size();
    }

    void failed(Throwable failure) {
        failures.add(failure.getClass().getSimpleName());
        told.accept("failure " + failure.getClass().getSimpleName());
    }

    Outcome outcome(Iterable<String> history, long millis) {
        Set<Integer> foundMessages = new HashSet<>();
        Set<Integer> foundSummaries = new HashSet<>();
        Deque<String> texts = new ArrayDeque<>();
        history.forEach(texts::add);
        while (!texts.isEmpty()) {
            Matcher marks = MARK.matcher(texts.remove());
            while (marks.find()) {
                int number = Integer.parseInt(marks.group(2));
                if (marks.group(1).equals("message")) {
                    foundMessages.add(number);
                } else if (foundSummaries.add(number)) {
                    texts.add(sources.getOrDefault(number, ""));
                }
            }
        }
        return new Outcome(
                sources.size(),
                foundSummaries.size(),
                (int) messages.stream()
                        .filter(number -> !foundMessages.contains(number))
                        .count(),
                millis,
                new ArrayList<>(failures));
    }

    /** Adds what another process's ledger has told. */
    void add(String line) {
        String[] words = line.split(" ", 3);
        switch (words[0]) {
            case "message" -> messages.add(Integer.valueOf(words[1]));
            case "summary" -> sources.put(Integer.valueOf(words[1]), words.length < 3 ? "" : words[2]);
            case "failure" -> failures.add(words[1]);
            default -> throw new IllegalArgumentException("not a line of a ledger: " + line);
        }
    }
}
