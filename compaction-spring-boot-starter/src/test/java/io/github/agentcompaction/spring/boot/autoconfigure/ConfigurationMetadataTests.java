package io.github.agentcompaction.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.redis.RedisStore;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.mock.env.MockEnvironment;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an editor shows for the properties is there, and is true. */
class ConfigurationMetadataTests {

    private static final List<String> TOP_LEVEL = componentsOf(CompactionProperties.class);

    /** They have only settings below them. */
    private static final Map<String, Class<? extends Record>> GROUPS = Map.of(
            "spring-ai",
            CompactionProperties.SpringAi.class,
            "jdbc",
            CompactionProperties.Jdbc.class,
            "redis",
            CompactionProperties.Redis.class);

    private static final List<String> IN_GROUPS = GROUPS.entrySet().stream()
            .flatMap(group -> componentsOf(group.getValue()).stream().map(name -> group.getKey() + "." + name))
            .toList();

    /** The same for all agents. */
    private static final List<String> OF_THE_STORE =
            List.of("store", "lease", "namespace", "replica", "on-unavailable", "jdbc", "redis");

    private final JsonNode metadata = read();

    @Test
    void everySetting_isDescribed() {
        Map<String, String> described = new HashMap<>();
        metadata.get("properties")
                .forEach(property -> described.put(
                        property.get("name").asString(),
                        property.path("description").asString("")));

        assertThat(described).doesNotContainValue("");
        assertThat(described.keySet())
                .containsAll(TOP_LEVEL.stream()
                        .filter(name -> !GROUPS.containsKey(name))
                        .map(name -> "compaction." + name)
                        .toList())
                .containsAll(
                        IN_GROUPS.stream().map(name -> "compaction." + name).toList())
                .contains("management.endpoint.compaction.access", "management.health.compaction.enabled");
    }

    @Test
    void defaults_areThoseOfTheCore() {
        CompactionProperties properties =
                Binder.get(new MockEnvironment()).bindOrCreate(CompactionProperties.PREFIX, CompactionProperties.class);

        assertThat(properties.enabled()).isTrue();
        assertThat(properties.settingsOf("any"))
                .isEqualTo(new AgentSettings(
                        SessionCompactionState.DEFAULT_TTL,
                        SessionCompactionState.DEFAULT_MAX_SIZE,
                        CompactionTemplate.DEFAULT_LOCK_TIMEOUT,
                        CompactionTemplate.DEFAULT_MAX_COMPACTIONS,
                        CompactionTemplate.DEFAULT_MAX_FAILURES,
                        CompactionTemplate.DEFAULT_FAILURE_COOLDOWN,
                        null,
                        0.8,
                        true,
                        CompactionTemplate.DEFAULT_MAX_BACKGROUND));
        assertThat(DurationStyle.detectAndParse(defaultOf("compaction.ttl"))).isEqualTo(properties.ttl());
        assertThat(DurationStyle.detectAndParse(defaultOf("compaction.lock-timeout")))
                .isEqualTo(properties.lockTimeout());
        assertThat(DurationStyle.detectAndParse(defaultOf("compaction.failure-cooldown")))
                .isEqualTo(properties.failureCooldown());
        assertThat(defaultOf("compaction.max-size")).isEqualTo("10000");
        assertThat(defaultOf("compaction.max-compactions")).isEqualTo("3");
        assertThat(defaultOf("compaction.max-failures")).isEqualTo("3");
        assertThat(defaultOf("compaction.enabled")).isEqualTo("true");
        assertThat(defaultOf("compaction.compact-at")).isEqualTo("0.8");
        assertThat(defaultOf("compaction.background")).isEqualTo("true");
        assertThat(defaultOf("compaction.max-background")).isEqualTo("4");
        assertThat(defaultOf("compaction.spring-ai.keep-all-messages")).isEqualTo("false");
        assertThat(defaultOf("compaction.spring-ai.clear-tool-results")).isEqualTo("true");
        assertThat(defaultOf("compaction.spring-ai.clear-old-tool-results")).isEqualTo("false");
        assertThat(defaultOf("compaction.spring-ai.summary-request")).isEqualTo("transcript");
        assertThat(defaultOf("compaction.spring-ai.share")).isEqualTo("0.5");
        assertThat(properties.springAi())
                .isEqualTo(new CompactionProperties.SpringAi(
                        null,
                        false,
                        null,
                        true,
                        false,
                        CompactionProperties.SummaryRequest.TRANSCRIPT,
                        ChatMemoryCompactor.DEFAULT_SHARE));
        assertThat(DurationStyle.detectAndParse(defaultOf("compaction.lease"))).isEqualTo(JdbcStore.DEFAULT_LEASE);
        assertThat(properties.lease()).isEqualTo(JdbcStore.DEFAULT_LEASE).isEqualTo(RedisStore.DEFAULT_LEASE);
        assertThat(properties.redis())
                .isEqualTo(new CompactionProperties.Redis(
                        RedisStore.DEFAULT_COMMAND_TIMEOUT, RedisStore.DEFAULT_MAX_POLL));
    }

    @Test
    void hints_areOnlyForSettingsThatThereAre() {
        List<String> hinted = metadata.get("hints")
                .valueStream()
                .map(hint -> hint.get("name").asString())
                .toList();

        assertThat(hinted).contains("compaction.ttl", "compaction.agents.keys");
        assertThat(hinted.stream()
                        .map(name -> name.replace("compaction.", "").replace(".keys", ""))
                        .collect(Collectors.toSet()))
                .isSubsetOf(
                        Stream.concat(TOP_LEVEL.stream(), IN_GROUPS.stream()).toList());
    }

    /** The settings for replicas stand on a page of their own. */
    @Test
    void replicasPage_hasEverySettingWithItsDefault() throws java.io.IOException {
        String page = java.nio.file.Files.readString(java.nio.file.Path.of("..", "docs", "replicas.md"));
        Map<String, String> documented = page.split("## Settings\n", 2)[1]
                .split("\n## ", 2)[0]
                .lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.replace("`", "").split(" *\\| *"))
                .collect(Collectors.toMap(cells -> cells[1], cells -> cells[2]));

        assertThat(documented.keySet())
                .containsExactlyInAnyOrderElementsOf(Stream.concat(OF_THE_STORE.stream(), IN_GROUPS.stream())
                        .filter(name -> !GROUPS.containsKey(name) && !name.startsWith("spring-ai."))
                        .toList());
        documented.forEach((name, value) -> {
            if (!List.of("namespace", "replica").contains(name)) {
                assertThat(value).as(name).isEqualTo(defaultOf("compaction." + name));
            }
        });
    }

    @Test
    void settingsOfAnAgent_areTheDefaultsThatItCanOverride() {
        List<String> ofAllAgents = TOP_LEVEL.stream()
                .filter(name -> !List.of("enabled", "agents", "spring-ai").contains(name))
                .filter(name -> !OF_THE_STORE.contains(name))
                .toList();

        assertThat(componentsOf(AgentSettings.class)).isEqualTo(ofAllAgents);
    }

    private static List<String> componentsOf(Class<? extends Record> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .map(DataObjectPropertyName::toDashedForm)
                .toList();
    }

    private String defaultOf(String name) {
        return metadata.get("properties")
                .valueStream()
                .filter(property -> property.get("name").asString().equals(name))
                .map(property -> property.get("defaultValue").asString())
                .findFirst()
                .orElseThrow();
    }

    private static JsonNode read() {
        try (InputStream json = CompactionProperties.class
                .getClassLoader()
                .getResourceAsStream("META-INF/spring-configuration-metadata.json")) {
            return ownOf(json);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static JsonNode ownOf(@org.jspecify.annotations.Nullable InputStream json) {
        return JsonMapper.builder().build().readTree(java.util.Objects.requireNonNull(json));
    }
}
