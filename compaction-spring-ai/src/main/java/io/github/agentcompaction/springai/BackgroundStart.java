package io.github.agentcompaction.springai;

import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import java.lang.System.Logger.Level;
import java.util.function.LongSupplier;
import org.springframework.ai.chat.prompt.Prompt;

/**
 * Begins an agent's compactions in the background, after answers that have left a session long.
 *
 * <p>Runs on the threads that deliver the answers, so it blocks for nothing and takes a few milliseconds at most.
 */
final class BackgroundStart {

    private static final System.Logger log = System.getLogger(CompactionAdvisor.class.getName());

    private final CompactionTemplate template;
    private final SessionSizes sizes;
    private final CompactionPace pace;
    private final LongSupplier nanoTime;

    /** @param nanoTime a clock as {@link System#nanoTime} is one */
    BackgroundStart(CompactionTemplate template, SessionSizes sizes, CompactionPace pace, LongSupplier nanoTime) {
        this.template = template;
        this.sizes = sizes;
        this.pace = pace;
        this.nanoTime = nanoTime;
    }

    /**
     * Starts an agent's part.
     *
     * @param window has the context window
     * @param share the share of it at which a session is compacted
     */
    static BackgroundStart of(CompactionTemplate template, PromptBudget window, double share) {
        return new BackgroundStart(
                template,
                new SessionSizes(
                        window, template.state().maxSize(), template.state().ttl(), System::nanoTime),
                new CompactionPace(window.tokens(), share),
                System::nanoTime);
    }

    AnswerWatch watch(String sessionId, PromptHistory history) {
        return new AnswerWatch(this, sessionId, history);
    }

    boolean isTooLong(String sessionId, Prompt prompt) {
        return sizes.isExceededBy(sessionId, prompt);
    }

    /**
     * Looks at a session after an answer, and has it compacted if it is time.
     *
     * @param asked the answer to the call whose prompt counts
     * @param last the answer that ends the turn
     */
    void answered(String sessionId, PromptHistory history, Answer asked, Answer last) {
        double tokens = sizes.measure(sessionId, asked, last);
        SessionSize size = sizes.of(sessionId);
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
            case NOTHING, JOINED -> {} // asking again would come to the same, or another task has done it
            case FAILED, REJECTED, CANCELLED -> size.notCompacted(); // the template knows when to try again
        }
    }

    /** The answer goes on whatever has happened here. */
    static void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | LinkageError e) {
            log.log(
                    Level.WARNING,
                    "The size of a session was not measured, so it may not be compacted in the background. "
                            + e.getClass().getName()); // whose message may quote the conversation
        }
    }
}
