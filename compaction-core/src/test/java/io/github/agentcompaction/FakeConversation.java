package io.github.agentcompaction;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A session that is too long until it was compacted; counts the calls of the model and of the summarizer. */
final class FakeConversation implements Compactor {

    final AtomicInteger modelCalls = new AtomicInteger();
    final AtomicInteger summaries = new AtomicInteger();
    volatile boolean tooLong = true;

    /** What the summarizer does before it returns; may throw or wait. */
    volatile Supplier<Optional<String>> summarizer = () -> Optional.of("summary " + (summaries.get()));

    String answer() {
        modelCalls.incrementAndGet();
        if (tooLong) {
            throw new TooLong();
        }
        return "answer";
    }

    @Override
    public Optional<String> compact(String sessionId) {
        summaries.incrementAndGet();
        Optional<String> summary = summarizer.get();
        if (summary != null && summary.isPresent() && !summary.get().isBlank()) {
            tooLong = false;
        }
        return summary;
    }

    /** The provider's error. */
    static final class TooLong extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooLong() {
            super("This model's maximum context length is 8192 tokens.");
        }
    }
}
