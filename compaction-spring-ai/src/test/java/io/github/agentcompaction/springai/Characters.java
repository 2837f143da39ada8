package io.github.agentcompaction.springai;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.content.MediaContent;
import org.springframework.ai.tokenizer.TokenCountEstimator;

/** A token is a character. Counts those that it was given. */
final class Characters implements TokenCountEstimator {

    final AtomicLong estimated = new AtomicLong();

    @Override
    public int estimate(@Nullable String text) {
        int length = text == null ? 0 : text.length();
        estimated.addAndGet(length);
        return length;
    }

    @Override
    public int estimate(MediaContent content) {
        throw new AssertionError("only texts are counted");
    }

    @Override
    public int estimate(Iterable<MediaContent> messages) {
        throw new AssertionError("only texts are counted");
    }
}
