package io.github.agentcompaction.spring.boot.observation;

import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.ObservationView;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Keeps every observation that has stopped. */
final class RecordedObservations implements ObservationHandler<Observation.Context> {

    final ObservationRegistry registry = ObservationRegistry.create();
    private final List<Observation.Context> stopped = new CopyOnWriteArrayList<>();

    RecordedObservations() {
        registry.observationConfig().observationHandler(this);
    }

    @Override
    public void onStop(Observation.Context context) {
        stopped.add(context);
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
        return true;
    }

    List<Observation.Context> named(String name) {
        return stopped.stream()
                .filter(context -> name.equals(context.getName()))
                .toList();
    }

    /** The names of what an observation is in, the nearest first. */
    static List<String> ancestors(Observation.Context context) {
        return Stream.iterate(context.getParentObservation(), parent -> parent != null, RecordedObservations::parent)
                .map(parent -> String.valueOf(parent.getContextView().getName()))
                .toList();
    }

    static @Nullable ObservationView parent(@Nullable ObservationView observation) {
        return observation == null ? null : observation.getContextView().getParentObservation();
    }

    static Map<String, String> keys(Iterable<KeyValue> keys) {
        return StreamSupport.stream(keys.spliterator(), false)
                .collect(Collectors.toMap(KeyValue::getKey, KeyValue::getValue));
    }
}
