package io.github.agentcompaction.springai;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.Optional;
import org.springframework.ai.chat.prompt.Prompt;

/**
 * Remembers what stood around the conversation in each session's latest prompt: system messages, model and tools. With it
 * a {@link ChatMemoryCompactor} can ask for a summary in a prompt that begins like those before it, which a provider may have
 * in its cache.
 *
 * <p>It is told by the {@link CompactionAdvisor} and read by the {@link ChatMemoryCompactor}; both are given the same one. It
 * keeps no message but the system messages, of tools what the model is told of them and no code, and none of the options but
 * the model's name.
 *
 * <p>What a session has not used for an hour is forgotten, and the least used when all are together longer than 16 million
 * characters. The next summary of such a session is asked for with a transcript. Thread-safe.
 */
public final class SentPrompts {

    private static final long MOST_CHARACTERS = 16_000_000; // at most twice as many bytes

    private static final Duration IDLE = Duration.ofHours(1);

    private final Cache<String, SentPrompt> latest;

    /** Creates one that knows no prompt yet. */
    public SentPrompts() {
        this(Ticker.systemTicker(), MOST_CHARACTERS);
    }

    SentPrompts(Ticker ticker, long mostCharacters) {
        this.latest = Caffeine.newBuilder()
                .ticker(ticker)
                .expireAfterAccess(IDLE)
                .maximumWeight(mostCharacters)
                .weigher((String sessionId, SentPrompt prompt) -> sessionId.length() + prompt.length())
                .executor(Runnable::run)
                .build();
    }

    void sent(String sessionId, Prompt prompt) {
        latest.put(sessionId, SentPrompt.of(prompt));
    }

    Optional<SentPrompt> latest(String sessionId) {
        return Optional.ofNullable(latest.getIfPresent(sessionId));
    }

    /** {@return a count, without any text} */
    @Override
    public String toString() {
        return "SentPrompts[" + latest.estimatedSize() + " sessions]";
    }
}
