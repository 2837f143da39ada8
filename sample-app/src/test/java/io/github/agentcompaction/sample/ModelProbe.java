package io.github.agentcompaction.sample;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.springframework.context.annotation.Primary;

/** The embedded model, with its summaries counted and a place where a test can hold it up. */
@Primary
class ModelProbe extends SmallWindowModel {

    private final AtomicInteger summaries = new AtomicInteger();
    private volatile Consumer<List<Turn>> before = conversation -> {};

    /** Sees each conversation before it is answered, on the thread that answers it. */
    void before(Consumer<List<Turn>> before) {
        this.before = before;
    }

    /** How often it was asked for a summary so far. */
    int summaries() {
        return summaries.get();
    }

    @Override
    String answer(List<Turn> conversation) {
        if (asksForSummary(conversation)) {
            summaries.incrementAndGet();
        }
        before.accept(conversation);
        return super.answer(conversation);
    }

    static boolean tooLong(List<Turn> conversation) {
        return tokens(conversation) > WINDOW;
    }

    static String question(List<Turn> conversation) {
        return conversation.get(conversation.size() - 1).content();
    }
}
