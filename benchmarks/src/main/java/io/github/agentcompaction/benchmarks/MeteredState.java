package io.github.agentcompaction.benchmarks;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.metrics.CompactionMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;

/** Builds states as the starter does where there is a Prometheus registry. */
final class MeteredState {

    private MeteredState() {}

    static SessionCompactionState ofAtMost(int sessions) {
        CompactionMetrics metrics = new CompactionMetrics(List::of);
        metrics.bindTo(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
        return SessionCompactionState.builder()
                .maxSize(sessions)
                .listener(metrics.listener("default"))
                .build();
    }
}
