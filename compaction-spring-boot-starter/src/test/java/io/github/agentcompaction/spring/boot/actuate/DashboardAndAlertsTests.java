package io.github.agentcompaction.spring.boot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionListener.GiveUpReason;
import io.github.agentcompaction.CompactionListener.StoreOperation;
import io.github.agentcompaction.CompactionListener.StoreOutcome;
import io.github.agentcompaction.spring.boot.metrics.CompactionMetrics;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The dashboard and the alerts ask for nothing that a scrape does not have. */
class DashboardAndAlertsTests {

    private static final Path DOCS = Path.of("..", "docs");

    /** What is not a name of ours in a query. */
    private static final Set<String> LANGUAGE = Set.of(
            "sum",
            "max",
            "by",
            "on",
            "and",
            "rate",
            "increase",
            "min_over_time",
            "histogram_quantile",
            "clamp_min",
            "round");

    /** Prometheus adds these to what it scrapes. */
    private static final Set<String> ADDED = Set.of("instance", "job");

    private static final Pattern SAMPLE = Pattern.compile("^(\\w+)(?:\\{(.*)})? \\S+$", Pattern.MULTILINE);
    private static final Pattern SELECTOR = Pattern.compile("(compaction_\\w+)(?:\\{([^}]*)})?");
    private static final Pattern LABEL = Pattern.compile("(\\w+)(=~|=)\"([^\"]*)\"");
    private static final Pattern GROUPING = Pattern.compile("\\b(?:by|on) \\(([^)]*)\\)");

    /** The labels of each sample that a scrape has, with their values. */
    private static final Map<String, Map<String, Set<String>>> SCRAPED = new HashMap<>();

    @BeforeAll
    static void scrape() throws Exception {
        try (ConfigurableApplicationContext application = new SpringApplicationBuilder(Application.class)
                .run(
                        "--server.address=127.0.0.1",
                        "--server.port=0",
                        "--spring.main.banner-mode=off",
                        "--management.endpoints.web.exposure.include=prometheus",
                        "--management.metrics.tags.application=docs",
                        "--compaction.agents.planner.ttl=30m")) {
            useAStore(application.getBean(CompactionMetrics.class).listener("planner"));
            String port = application.getEnvironment().getRequiredProperty("local.server.port");
            URI uri = URI.create("http://127.0.0.1:" + port + "/actuator/prometheus");
            String scraped = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                    .body();
            SAMPLE.matcher(scraped).results().forEach(DashboardAndAlertsTests::remember);
        }
    }

    /** What a store for replicas adds to the scrape. */
    private static void useAStore(CompactionListener listener) {
        for (StoreOperation operation : StoreOperation.values()) {
            for (StoreOutcome outcome : StoreOutcome.values()) {
                listener.storeCalled("planner", operation, outcome, Duration.ZERO);
            }
        }
        listener.storeUnavailable("planner", "s");
        listener.leaseLost("planner", "s");
        listener.waitGivenUp("planner", "s", Duration.ZERO, GiveUpReason.UNAVAILABLE);
    }

    private static void remember(MatchResult sample) {
        Map<String, Set<String>> labels = SCRAPED.computeIfAbsent(sample.group(1), name -> new HashMap<>());
        String written = sample.group(2) == null ? "" : sample.group(2);
        LABEL.matcher(written)
                .results()
                .forEach(label -> labels.computeIfAbsent(label.group(1), name -> new HashSet<>())
                        .add(label.group(3)));
    }

    @Test
    void dashboard_asksOnlyForWhatThereIs() throws IOException {
        List<String> queries = dashboardQueries();

        assertThat(queries).hasSizeGreaterThan(10).allSatisfy(DashboardAndAlertsTests::assertThatItExists);
    }

    @Test
    void dashboard_showsEveryMeter() throws IOException {
        Set<String> shown = dashboardQueries().stream()
                .flatMap(query -> SELECTOR.matcher(query).results())
                .map(selector -> meter(selector.group(1)))
                .collect(Collectors.toCollection(TreeSet::new));

        Set<String> existing = SCRAPED.keySet().stream()
                .filter(name -> name.startsWith("compaction_"))
                .map(DashboardAndAlertsTests::meter)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(shown).isEqualTo(existing).hasSize(15);
    }

    @Test
    void dashboard_hasItsVariablesAndUsesThem() throws IOException {
        JsonNode dashboard = dashboard();

        assertThat(dashboard
                        .at("/templating/list")
                        .valueStream()
                        .map(variable -> variable.path("name").asString()))
                .containsExactly("datasource", "application", "agent");
        assertThat(dashboard
                        .at("/templating/list")
                        .valueStream()
                        .map(variable -> variable.path("definition").asString()))
                .filteredOn(definition -> !definition.isEmpty())
                .containsExactly(
                        "label_values(compaction_lock_held, application)",
                        "label_values(compaction_lock_held{application=~\"$application\"}, agent)");
        assertThat(dashboardQueries())
                .allSatisfy(query -> assertThat(SELECTOR.matcher(query).results())
                        .allSatisfy(selector -> assertThat(selector.group(2))
                                .contains("application=~\"$application\"", "agent=~\"$agent\"")));
        assertThat(dashboard.findValues("uid"))
                .extracting(JsonNode::asString)
                .containsOnly("agent-compaction", "${datasource}");
    }

    @Test
    void alerts_knowTheStore() throws IOException {
        assertThat(alertRules())
                .extracting(rule -> String.valueOf(rule.get("expr")))
                .anyMatch(expression -> expression.contains("compaction_store_seconds_count{outcome=\"failed\"}"))
                .anyMatch(expression -> expression.contains("compaction_store_unavailable_total"))
                .anyMatch(expression -> expression.contains("compaction_leases_lost_total"));
    }

    @Test
    void alerts_askOnlyForWhatThereIs_andSayWhatToDo() throws IOException {
        List<Map<String, Object>> rules = alertRules();

        assertThat(rules).hasSizeGreaterThan(5).allSatisfy(rule -> {
            assertThatItExists(String.valueOf(rule.get("expr")));
            assertThat(rule).containsKeys("alert", "for");
            assertThat(rule.get("labels")).asInstanceOf(MAP).containsKey("severity");
            assertThat(rule.get("annotations")).asInstanceOf(MAP).containsOnlyKeys("summary", "description");
        });
    }

    /** Checks that a query's metrics, labels and values are in the scrape, and that nothing in it is misspelt. */
    private static void assertThatItExists(String query) {
        Matcher selectors = SELECTOR.matcher(query);
        Set<String> labels = new HashSet<>(ADDED);
        while (selectors.find()) {
            String metric = selectors.group(1);
            assertThat(SCRAPED).as("metrics in %s", query).containsKey(metric);
            Map<String, Set<String>> existing = SCRAPED.getOrDefault(metric, Map.of());
            labels.addAll(existing.keySet());
            if (selectors.group(2) != null) {
                LABEL.matcher(selectors.group(2))
                        .results()
                        .forEach(label -> assertThatItExists(existing, label, query));
            }
        }
        GROUPING.matcher(query)
                .results()
                .flatMap(grouping -> Stream.of(grouping.group(1).split(", ")))
                .forEach(label -> assertThat(labels).as("labels in %s", query).contains(label));
        String rest = GROUPING.matcher(SELECTOR.matcher(query).replaceAll("")).replaceAll("");
        assertThat(Pattern.compile("\\b(?<!\\$)[a-zA-Z_]\\w+")
                        .matcher(rest)
                        .results()
                        .map(MatchResult::group))
                .as("words in %s", query)
                .allMatch(word -> LANGUAGE.contains(word) || word.equals("__rate_interval") || word.equals("__range"));
    }

    private static void assertThatItExists(Map<String, Set<String>> existing, MatchResult label, String query) {
        assertThat(existing).as("label in %s", query).containsKey(label.group(1));
        if (!label.group(3).startsWith("$")) {
            assertThat(existing.get(label.group(1)))
                    .as("value in %s", query)
                    .contains(label.group(3).split("\\|"));
        }
    }

    /** A meter has several samples. */
    private static String meter(String sample) {
        return sample.replaceAll("_(count|sum|max|bucket)$", "");
    }

    private static List<String> dashboardQueries() throws IOException {
        return dashboard().findValues("expr").stream().map(JsonNode::asString).toList();
    }

    private static JsonNode dashboard() throws IOException {
        return JsonMapper.shared().readTree(Files.readString(DOCS.resolve("grafana-dashboard.json")));
    }

    private static List<Map<String, Object>> alertRules() throws IOException {
        Map<String, List<Map<String, List<Map<String, Object>>>>> file =
                new Yaml().load(Files.readString(DOCS.resolve("alerts.yml")));
        List<Map<String, Object>> rules = new ArrayList<>();
        file.getOrDefault("groups", List.of()).forEach(group -> rules.addAll(group.getOrDefault("rules", List.of())));
        return rules;
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}
}
