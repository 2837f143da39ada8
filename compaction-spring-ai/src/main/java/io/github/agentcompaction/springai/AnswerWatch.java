package io.github.agentcompaction.springai;

import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;

/**
 * Watches the answers to one call of a {@code ChatClient}, each call of the model in its tool loop, and says when the last one is
 * complete.
 *
 * <p>Each call of a {@code ChatClient} has one; what it is told comes one after the other. Nothing that it does fails.
 */
final class AnswerWatch {

    private final BackgroundStart background;
    private final String sessionId;
    private final PromptHistory history;

    /** The first answer, which no tool's result came before, and the last. */
    private volatile @Nullable Answer first;

    private volatile @Nullable Answer last;

    AnswerWatch(BackgroundStart background, String sessionId, PromptHistory history) {
        this.background = background;
        this.sessionId = sessionId;
        this.history = history;
    }

    /** Whether a prompt is to be shortened before the model is asked. */
    boolean isTooLong(Prompt prompt) {
        return background.isTooLong(sessionId, prompt);
    }

    /** The model is about to be given a prompt. */
    void asks(Prompt prompt) {
        BackgroundStart.guarded(() -> {
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
            BackgroundStart.guarded(() -> answer.add(response.chatResponse()));
        }
    }

    /** Watches the end of a stream, with the stream's context, which its thread does not have. */
    Flux<ChatClientResponse> watched(Flux<ChatClientResponse> answer) {
        return Flux.deferContextual(context -> answer.doOnComplete(() -> StreamContext.visible(context, () -> {
            completed();
            return true;
        })));
    }

    /** The caller has the whole answer. */
    void completed() {
        Answer answer = last;
        if (answer != null && answer.hasBegun() && !answer.callsTools()) {
            BackgroundStart.guarded(() -> background.answered(sessionId, history, counting(answer), answer));
        }
    }

    /** The prompt with a turn's tool results has more tokens than the session; that of the turn's first call has just those. */
    private Answer counting(Answer answer) {
        Answer first = this.first;
        boolean isFirstBetter =
                answer.passing() > 0 && first != null && first.passing() == 0 && first.epoch() == answer.epoch();
        return isFirstBetter && first != null ? first : answer;
    }
}
