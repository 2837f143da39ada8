package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.StoreType;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStore;
import org.springframework.aot.AotDetector;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;

/** Stops the start where a store is set and its module is missing: without it the replicas would not see each other. */
final class MissingStoreCheck implements SmartInitializingSingleton {

    private final CompactionProperties properties;
    private final ObjectProvider<CompactionStore> store;

    MissingStoreCheck(CompactionProperties properties, ObjectProvider<CompactionStore> store) {
        this.properties = properties;
        this.store = store;
    }

    @Override
    public void afterSingletonsInstantiated() {
        if (properties.store() != StoreType.NONE && store.stream().findAny().isEmpty()) {
            if (AotDetector.useGeneratedArtifacts()) {
                throw StoreSetup.invalid(
                        properties.store(),
                        "Ahead-of-time processing fixed the store when the application was built, and it was not set"
                                + " then. Build the application with it");
            }
            throw StoreSetup.invalid(
                    properties.store(),
                    properties.store() == StoreType.JDBC
                            ? "It needs io.github.agentcompaction:compaction-jdbc on the class path. Add it as a dependency"
                            : "It needs io.github.agentcompaction:compaction-redis on the class path, and Spring Data Redis with"
                                    + " Lettuce. Add spring-boot-starter-data-redis and compaction-redis as dependencies");
        }
    }
}
