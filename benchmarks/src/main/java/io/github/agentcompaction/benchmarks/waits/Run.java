package io.github.agentcompaction.benchmarks.waits;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * What the turns of one session came to.
 *
 * @param millis how long each turn took, in order of length
 * @param failed how many failed
 * @param summaries how many summaries were paid for
 * @param refused how many calls the model refused as too long
 * @param tokens the tokens of all answers and summaries
 */
record Run(double[] millis, int failed, int summaries, int refused, long tokens) {

    private static final int QUESTION_WORDS = 60;

    private static final int ANSWER_WORDS = 60;

    private static final int SUMMARY_WORDS = 120;

    /** Makes all turns, so many tasks at a time, each as soon as the one before it has ended. */
    static Run of(Contestant contestant, Load load, int tasks, boolean fills) throws Exception {
        int window = load.windowTurns() * (QUESTION_WORDS + ANSWER_WORDS);
        int room = fills ? window : Integer.MAX_VALUE;
        WindowModel model = new WindowModel(room, load.answerMillis(), ANSWER_WORDS);
        WindowModel summarizer = new WindowModel(Integer.MAX_VALUE, load.summaryMillis(), SUMMARY_WORDS);
        Consumer<String> session = contestant.session(model, room, summarizer);
        List<Double> millis = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger next = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(tasks);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < tasks; i++) {
                running.add(threads.submit(() -> {
                    for (int turn = next.getAndIncrement(); turn < load.turns(); turn = next.getAndIncrement()) {
                        String question = Text.of(-turn, QUESTION_WORDS);
                        long start = System.nanoTime();
                        try {
                            session.accept(question);
                        } catch (RuntimeException e) {
                            failed.incrementAndGet();
                        }
                        millis.add((System.nanoTime() - start) / 1e6);
                    }
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
        double[] sorted =
                millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return new Run(
                sorted, failed.get(), summarizer.answers(), model.refused(), model.tokens() + summarizer.tokens());
    }

    /** {@return the time within which this part of the turns ended} */
    double percentile(double part) {
        return millis[(int) Math.ceil(part * millis.length) - 1];
    }

    double max() {
        return millis[millis.length - 1];
    }

    /** {@return how many turns took at least so much longer than the middle one of a session that never fills} */
    long waited(Run never, double longer) {
        double limit = never.percentile(0.5) + longer;
        return Arrays.stream(millis).filter(each -> each > limit).count();
    }
}
