package io.github.agentcompaction.springai;

import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import java.util.function.LongSupplier;

/**
 * Begins an agent's compactions in the background, after answers that have left a session long.
 *
 * <p>Runs on the threads that deliver the answers, so it blocks for nothing and takes a few milliseconds at most.
 */
final class BackgroundStart {

    private final CompactionTemplate template;
    private final CompactionPace pace;
    private final LongSupplier nanoTime;

    /** @param nanoTime a clock as {@link System#nanoTime} is one */
    BackgroundStart(CompactionTemplate template, CompactionPace pace, LongSupplier nanoTime) {
        this.template = template;
        this.pace = pace;
        this.nanoTime = nanoTime;
    }

    /**
     * Looks at a session after an answer, and has it compacted if it is time.
     *
     * @param tokens how many it has, without the tool results that the next call leaves out first
     */
    void answered(String sessionId, PromptHistory history, SessionSize size, double tokens) {
        long now = nanoTime.getAsLong();
        double growth = size.answered(now, tokens);
        if (history.isEmpty() || !pace.isDue(tokens, growth) || !size.tryCompact(tokens, pace.noticeable())) {
            return;
        }
        template.compactInBackground(sessionId, history.epoch(), history.sinceRead())
                .thenAccept(outcome -> ended(outcome, size, nanoTime.getAsLong() - now));
    }

    private void ended(CompactionOutcome outcome, SessionSize size, long took) {
        switch (outcome) {
            case COMPACTED -> pace.took(took);
            case NOTHING -> {} // asking again would come to the same
            case JOINED, FAILED, REJECTED, CANCELLED -> size.notCompacted(); // the template knows when to try again
        }
    }
}
