package io.github.agentcompaction;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** Walks a throwable and its causes, also when they form a circle. */
final class Causes {

    private Causes() {}

    static Stream<Throwable> of(Throwable throwable) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        return Stream.iterate(throwable, cause -> cause != null && seen.add(cause), Throwable::getCause)
                .map(Objects::requireNonNull);
    }
}
