package io.github.agentcompaction.spring.boot.observation;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;

/** Carries the observation that is current, where context-propagation, which carries it and more, is missing. */
final class CurrentObservation implements ContextCarrier {

    /** Any registry will do: the current observation is the thread's, as context-propagation's accessor knows, too. */
    private final ObservationRegistry registry = ObservationRegistry.create();

    @Override
    public Runnable apply(Runnable work) {
        Observation current = registry.getCurrentObservation();
        return current == null ? work : () -> current.scoped(work);
    }
}
