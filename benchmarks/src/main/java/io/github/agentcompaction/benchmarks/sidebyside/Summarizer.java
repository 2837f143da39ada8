package io.github.agentcompaction.benchmarks.sidebyside;

import java.util.concurrent.atomic.AtomicBoolean;

/** The scripted model that writes summaries; while it writes the first, a message may be appended. */
final class Summarizer {

    private final Ledger ledger;
    private final Timing timing;
    private final AtomicBoolean first = new AtomicBoolean(true);
    private volatile Runnable meanwhile = () -> {};

    Summarizer(Ledger ledger, Timing timing) {
        this.ledger = ledger;
        this.timing = timing;
    }

    void meanwhile(Runnable meanwhile) {
        this.meanwhile = meanwhile;
    }

    String summarize(String source) {
        String summary = ledger.summaryOf(source);
        Pause.millis(timing.summary() / 2);
        if (first.compareAndSet(true, false)) {
            meanwhile.run();
        }
        Pause.millis(timing.summary() - timing.summary() / 2);
        return summary;
    }
}
