package io.github.agentcompaction.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class AgentsBindHandlerTests {

    /** As a bean, the handler hears of all properties of an application. Before Spring Boot 4.1.1 an empty one fails. */
    @ParameterizedTest
    @ValueSource(strings = {"", "text"})
    void propertiesOfOthers_areBoundAsWithoutIt(String value) {
        String with = bind(value, new AgentsBindHandler(BindHandler.DEFAULT));
        String without = bind(value, BindHandler.DEFAULT);

        assertThat(with).isEqualTo(without);
    }

    /** {@code jdbc:} and {@code redis: {}} in a file. Before Spring Boot 4.1.1 they are empty text. */
    @ParameterizedTest
    @ValueSource(strings = {"jdbc", "redis", "spring-ai", "agents"})
    void emptyGroup_hasTheDefaults(String group) {
        CompactionProperties withIt = properties(Map.of("compaction." + group, "", "compaction.ttl", "9m"));

        assertThat(withIt).isEqualTo(properties(Map.of("compaction.ttl", "9m")));
    }

    private static CompactionProperties properties(Map<String, String> properties) {
        return new Binder(new MapConfigurationPropertySource(properties))
                .bindOrCreate(
                        CompactionProperties.PREFIX,
                        Bindable.of(CompactionProperties.class),
                        new AgentsBindHandler(BindHandler.DEFAULT));
    }

    private static String bind(String value, BindHandler handler) {
        Binder binder = new Binder(new MapConfigurationPropertySource(Map.of("other.agents", value)));
        try {
            return ""
                    + binder.bind("other.agents", Bindable.mapOf(String.class, AgentSettings.class), handler)
                            .orElse(null);
        } catch (RuntimeException e) {
            return e.toString();
        }
    }
}
