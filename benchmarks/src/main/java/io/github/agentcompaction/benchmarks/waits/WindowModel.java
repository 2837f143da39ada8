package io.github.agentcompaction.benchmarks.waits;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;

/** A scripted model with a window: answers after a while, reports what it counted, and refuses what is too long. */
final class WindowModel implements ChatModel {

    private final int window;
    private final int millis;
    private final int words;
    private final AtomicInteger answers = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicLong tokens = new AtomicLong();

    /**
     * @param window how many tokens a prompt may have
     * @param millis how long an answer takes; a refusal comes at once
     * @param words how long an answer is
     */
    WindowModel(int window, int millis, int words) {
        this.window = window;
        this.millis = millis;
        this.words = words;
    }

    @Override
    public ChatResponse call(Prompt prompt) {
        int asked = prompt.getInstructions().stream()
                .map(Message::getText)
                .mapToInt(text -> text == null ? 0 : Text.tokens(text))
                .sum();
        if (asked > window) {
            refused.incrementAndGet();
            throw new IllegalStateException("HTTP 400 - {\"error\":{\"code\":\"context_length_exceeded\"}}");
        }
        pause();
        String answer = Text.of(answers.incrementAndGet(), words);
        tokens.addAndGet(asked + words);
        return new ChatResponse(
                List.of(new Generation(new AssistantMessage(answer))),
                ChatResponseMetadata.builder()
                        .usage(new DefaultUsage(asked, words))
                        .build());
    }

    private void pause() {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    int answers() {
        return answers.get();
    }

    int refused() {
        return refused.get();
    }

    /** {@return the tokens of all prompts that were answered, and of the answers} */
    long tokens() {
        return tokens.get();
    }
}
