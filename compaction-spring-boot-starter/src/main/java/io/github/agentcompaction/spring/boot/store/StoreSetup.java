package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.StoreType;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/** What the stores' auto-configurations have in common: the namespace, the one bean to use, and the error if it is missing. */
final class StoreSetup {

    /** The qualifier that picks one of several beans. */
    static final String QUALIFIER = "compaction";

    private StoreSetup() {}

    static String namespace(CompactionProperties properties, Environment environment) {
        return Stream.of(properties.namespace(), environment.getProperty("spring.application.name"))
                .filter(StringUtils::hasText)
                .findFirst()
                .orElseThrow(() -> invalid(
                        properties.store(),
                        "The services that use one store are told apart by their names, and this one has none. Set"
                                + " spring.application.name or compaction.namespace"));
    }

    /** {@return the bean with the qualifier {@value #QUALIFIER}, else the only or primary one} */
    static <T> T choose(StoreType store, ObjectProvider<T> qualified, ObjectProvider<T> all, String type) {
        return Optional.ofNullable(qualified.getIfUnique())
                .or(() -> Optional.ofNullable(all.getIfUnique()))
                .orElseThrow(() -> invalid(
                        store,
                        all.stream().findAny().isEmpty()
                                ? "There is no bean of type " + type + ". Configure one"
                                : "There are several beans of type " + type
                                        + " and none is primary. Make one primary, or give"
                                        + " the one to use @Qualifier(\"" + QUALIFIER + "\")"));
    }

    static InvalidConfigurationPropertyValueException invalid(StoreType store, String rule) {
        return new InvalidConfigurationPropertyValueException(
                "compaction.store",
                store.name().toLowerCase(Locale.ROOT),
                rule + ", or remove compaction.store if the service has one process.");
    }
}
