package io.github.agentcompaction.spring.boot.observation;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/**
 * Names the observation of compactions and its keys. A bean of this type replaces the
 * {@linkplain DefaultCompactionObservationConvention default}.
 */
public interface CompactionObservationConvention extends ObservationConvention<CompactionObservationContext> {

    @Override
    default boolean supportsContext(Observation.Context context) {
        return context instanceof CompactionObservationContext;
    }
}
