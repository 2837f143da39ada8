package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.StoreType;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
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

    /**
     * Chooses one of several beans.
     *
     * @param remedy what to do if there is none
     * @return the bean with the qualifier {@value #QUALIFIER}, else the only or primary one
     */
    static <T> T choose(
            StoreType store, ObjectProvider<T> qualified, ObjectProvider<T> all, Class<T> type, String remedy) {
        return Optional.ofNullable(qualified.getIfUnique())
                .or(() -> Optional.ofNullable(all.getIfUnique()))
                .orElseThrow(() -> invalid(
                        store,
                        all.stream().findAny().isEmpty()
                                ? "There is no bean of type " + type.getName() + ". " + remedy
                                : "There are several beans of type " + type.getName()
                                        + " and none is primary. Make one primary, or give"
                                        + " the one to use @Qualifier(\"" + QUALIFIER + "\")"));
    }

    /** Hands a setting to a store, and says which key it is if the store refuses it. */
    static <T> T checked(String key, Object value, Supplier<T> setting) {
        try {
            return setting.get();
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException(key, value, sentence(e) + ".");
        }
    }

    /** As {@link #checked}, for the time to live of one agent. */
    static <T> T checkedTtl(CompactionProperties properties, String agent, Duration ttl, Supplier<T> setting) {
        boolean own = properties.agents().containsKey(agent)
                && properties.agents().get(agent).ttl() != null;
        return checked(own ? "compaction.agents." + agent + ".ttl" : "compaction.ttl", ttl, setting);
    }

    /** {@return the message of an exception, without the full stop} */
    static String sentence(Exception e) {
        return StringUtils.trimTrailingCharacter(String.valueOf(e.getMessage()), '.');
    }

    /** @param rule what must hold, and what to do; without a full stop */
    static InvalidConfigurationPropertyValueException invalid(StoreType store, String rule) {
        return new InvalidConfigurationPropertyValueException(
                "compaction.store",
                store.name().toLowerCase(Locale.ROOT),
                rule + ", or remove compaction.store if the service has one process.");
    }
}
