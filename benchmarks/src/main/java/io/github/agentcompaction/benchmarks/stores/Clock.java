package io.github.agentcompaction.benchmarks.stores;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The machine's clock, which all its processes read alike. */
final class Clock {

    private Clock() {}

    static long micros() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }
}
