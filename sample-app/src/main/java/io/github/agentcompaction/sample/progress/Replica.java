package io.github.agentcompaction.sample.progress;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.StoreType;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** This process among those that share the conversations and a {@code compaction.store}. */
@Component
public final class Replica {

    private final @Nullable String name;

    Replica(CompactionProperties properties) {
        this.name = properties.store() == StoreType.NONE ? null : properties.replica();
    }

    /** {@return what the page calls it; nothing without a store, where it is the only one} */
    public @Nullable String name() {
        return name;
    }
}
