package io.github.agentcompaction.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAccumulator;

/** Many tasks of one session that wait for one summary: how late does the last of them go on? */
interface Crowd {

    /** What the model answers to each first try. */
    String TOO_LONG = "This model's maximum context length is 1000 tokens.";

    /** How often the task with the summary looks whether all others wait; it sleeps like one that asks a model. */
    long POLL_NANOS = 1_000_000;

    /** The subject: the tasks go through the template, all overflow, and one compacts. */
    Span behindCompaction() throws Exception;

    /** The reference: the tasks wait for one future. */
    Span behindFuture() throws Exception;

    /** The time from the summary to the moment in which the last task goes on. */
    final class Span {

        private final LongAccumulator last = new LongAccumulator(Math::max, Long.MIN_VALUE);
        private volatile long start;

        /** The summary is there. */
        void begin() {
            start = System.nanoTime();
        }

        /** A task goes on. */
        void goesOn() {
            last.accumulate(System.nanoTime());
        }

        double millis() {
            return (double) (last.get() - start) / TimeUnit.MILLISECONDS.toNanos(1);
        }
    }
}
