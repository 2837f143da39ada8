package io.github.agentcompaction.benchmarks;

import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.infra.Blackhole;

/**
 * How late the last of many tasks goes on that waited for one compaction, while other threads compute.
 *
 * <p>Subject and reference take turns in one JVM.
 */
final class Waiters {

    static final List<String> JVM_ARGS = List.of("-Xms1g", "-Xmx1g");

    /** More than a small machine has processors, so a woken thread has to wait for one. */
    private static final int COMPUTING_THREADS = 4;

    private Waiters() {}

    /** How tasks wait. */
    enum Form {
        THREADS,
        FUTURES;

        Crowd crowd(int waiters) {
            return this == THREADS ? new CrowdOfThreads(waiters) : new CrowdOfFutures(waiters);
        }

        String plural() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Form, waiters, warm-ups, repetitions; reports the milliseconds of subject and reference. */
    public static void main(String[] args) throws Exception {
        Crowd crowd = Form.valueOf(args[0]).crowd(Integer.parseInt(args[1]));
        int warmups = Integer.parseInt(args[2]);
        double[] subject = new double[Integer.parseInt(args[3])];
        double[] reference = new double[subject.length];
        for (int i = 0; i < COMPUTING_THREADS; i++) {
            Thread computing = new Thread(Waiters::compute, "computing-" + i);
            computing.setDaemon(true);
            computing.start();
        }
        for (int i = -warmups; i < subject.length; i++) {
            double behindCompaction = crowd.behindCompaction().millis();
            double behindFuture = crowd.behindFuture().millis();
            if (i >= 0) {
                subject[i] = behindCompaction;
                reference[i] = behindFuture;
            }
        }
        Child.report(QuarterMark.of(subject), QuarterMark.of(reference));
    }

    private static void compute() {
        while (true) {
            Blackhole.consumeCPU(1_000);
        }
    }
}
