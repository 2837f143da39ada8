package io.github.agentcompaction.springai;

import io.github.agentcompaction.springai.SessionSizes.Measured;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;

/**
 * Watches one call of a {@code ChatClient}: how long its prompts are, by what the provider reports of the ones before, and when
 * its last answer is complete.
 *
 * <p>What it is told comes one after the other. Nothing that it is told fails.
 */
final class AnswerWatch {

    private static final System.Logger log = System.getLogger(CompactionAdvisor.class.getName());

    private final SessionSizes sizes;
    private final @Nullable BackgroundStart background;
    private final ClearedToolResults.Settings toolResults;
    private final String sessionId;
    private final PromptHistory history;

    /** The first answer, which no tool's result came before, and the last. */
    private volatile @Nullable Answer first;

    private volatile @Nullable Answer last;

    /** The answer whose report was noted last, and the prompt as it was reported. */
    private volatile @Nullable Answer noted;

    private volatile @Nullable Measured reported;

    /** The newest prompt of this call that was estimated or reported. */
    private volatile @Nullable Measured known;

    AnswerWatch(
            SessionSizes sizes,
            @Nullable BackgroundStart background,
            ClearedToolResults.Settings toolResults,
            String sessionId,
            PromptHistory history) {
        this.sizes = sizes;
        this.background = background;
        this.toolResults = toolResults;
        this.sessionId = sessionId;
        this.history = history;
    }

    ContextWindow window() {
        return sizes.window();
    }

    /** Whether a prompt is to be shortened before the model is asked. */
    boolean isTooLong(Prompt prompt) {
        return tokensAbove(window().longestPrompt(), prompt) > 0;
    }

    /** {@return how many tokens a prompt probably has if they are more than the limit, or else 0} */
    double tokensAbove(double limit, Prompt prompt) {
        noteReport();
        Measured before = known();
        if (SessionSizes.isSurelyWithin(limit, before, prompt)) {
            return 0;
        }
        Measured now = sizes.estimate(sessionId, before, prompt);
        known = now;
        return now.tokens() > limit ? now.tokens() : 0;
    }

    /** The model has refused a prompt as too long. */
    void refused(Prompt prompt) {
        guarded(() -> {
            sizes.refused(sessionId, known(), prompt);
            known = null;
        });
    }

    /** What is known of this call's newest prompt, or else of the session. */
    private Measured known() {
        Measured known = this.known;
        return known != null ? known : sizes.of(sessionId).measured();
    }

    /** What the provider reports of the last prompt, once. */
    private void noteReport() {
        Answer answered = last;
        if (answered == null || answered.promptTokens() == 0 || answered == noted) {
            return;
        }
        noted = answered;
        Measured before = reported;
        if (before != null) {
            sizes.compare(sessionId, before, answered);
        }
        reported = sizes.reported(sessionId, answered);
        known = reported;
    }

    /** The model is about to be given a prompt. */
    void asks(Prompt prompt) {
        guarded(() -> {
            noteReport();
            Answer answered = last;
            if (first == null && answered != null && answered.hasBegun()) {
                first = answered;
            }
            last = new Answer(prompt, history.passing(prompt), history.epoch());
        });
    }

    /** The model has answered, or a stream has brought an element. */
    void answers(@Nullable ChatClientResponse response) {
        Answer answer = last;
        if (answer != null && response != null) {
            guarded(() -> answer.add(response.chatResponse()));
        }
    }

    /** Watches the end of a stream, with the stream's context, which its thread does not have. */
    Flux<ChatClientResponse> watched(Flux<ChatClientResponse> answer) {
        return Flux.deferContextual(context -> answer.doOnNext(this::returns)
                .doOnComplete(() -> StreamContext.visible(context, () -> {
                    completed();
                    return true;
                })));
    }

    /** The caller is given the answer, or an element of it; that may be a tool's, of which {@link #answers} was not told. */
    void returns(@Nullable ChatClientResponse response) {
        Answer answer = last;
        if (answer != null && response != null) {
            guarded(() -> answer.returns(response.chatResponse()));
        }
    }

    /** The caller has the whole answer. */
    void completed() {
        Answer answer = last;
        if (answer != null && answer.hasBegun() && !answer.callsTools()) {
            guarded(() -> measure(counting(answer), answer));
        }
    }

    private void measure(Answer asked, Answer answer) {
        double tokens = sizes.measure(sessionId, asked, answer);
        if (background != null) {
            double kept = 1 - ClearedToolResults.shareToGo(toolResults, asked.prompt(), asked.passing() == 0);
            background.answered(sessionId, history, sizes.of(sessionId), tokens * kept);
        }
    }

    /** The prompt with a turn's tool results has more tokens than the session; that of the turn's first call has just those. */
    private Answer counting(Answer answer) {
        Answer first = this.first;
        boolean isFirstBetter =
                answer.passing() > 0 && first != null && first.passing() == 0 && first.epoch() == answer.epoch();
        return isFirstBetter && first != null ? first : answer;
    }

    /** The answer goes on whatever has happened here. */
    private static void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | LinkageError e) {
            log.log(
                    Level.WARNING,
                    "The size of a session was not measured, so its next compaction may come late. "
                            + e.getClass().getName()); // whose message may quote the conversation
        }
    }
}
