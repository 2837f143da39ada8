package io.github.agentcompaction.sample.model;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.springframework.context.annotation.Primary;

/** The embedded model, with its summaries counted and a place where a test can hold it up. */
@Primary
public class ModelProbe extends SmallWindowModel {

    private final AtomicInteger summaries = new AtomicInteger();
    private volatile Consumer<Asked> before = asked -> {};

    /** Sees each question before it is answered, on the thread that answers it. */
    public void before(Consumer<Asked> before) {
        this.before = before;
    }

    /** How often it was asked for a summary so far. */
    public int summaries() {
        return summaries.get();
    }

    @Override
    String answer(List<Turn> conversation) {
        boolean summary = asksForSummary(conversation);
        if (summary) {
            summaries.incrementAndGet();
        }
        String question = conversation.get(conversation.size() - 1).content();
        before.accept(new Asked(question, summary, tokens(conversation) > WINDOW));
        return super.answer(conversation);
    }

    /** What the model is asked: the newest message, whether it asks for a summary, whether the whole is too long. */
    public record Asked(String question, boolean summary, boolean tooLong) {}
}
