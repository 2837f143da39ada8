package io.github.agentcompaction.spring.boot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionTrigger;
import io.github.agentcompaction.CompactionUsage;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import io.github.agentcompaction.spring.boot.Readme;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStateCustomizer;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.github.agentcompaction.spring.boot.store.TestDatabase;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A web application with Actuator and Prometheus on a random port, asked over HTTP; a subclass says on which stack. */
abstract class CompactionOverHttpTests {

    private static final AtomicLong TIME = new AtomicLong();

    private static final Pattern HOST = Pattern.compile("^http://[^/]+");

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<ConfigurableApplicationContext> started = new ArrayList<>();
    private final WebApplicationType stack;

    CompactionOverHttpTests(WebApplicationType stack) {
        this.stack = stack;
    }

    @AfterEach
    void stop() {
        started.forEach(ConfigurableApplicationContext::close);
    }

    @Test
    void agents_haveCounts() throws Exception {
        ConfigurableApplicationContext context = start();
        CompactionStates states = context.getBean(CompactionStates.class);
        states.get("planner").storeSummary("s", "secret text");
        SessionLock lock = states.get("planner").getLock("s");
        SessionLock.Lease lease = lock.acquire();
        CompletableFuture<SessionLock.Lease> waiter = lock.acquireAsync();

        JsonNode agents = json(get(context, "/actuator/compaction")).get("agents");

        assertThat(agents.propertyNames()).containsExactly("planner", "my agent");
        assertThat(agents.get("planner")).hasToString("{\"locks\":1,\"held\":1,\"waiting\":1,\"summaries\":1}");
        waiter.cancel(false);
        lease.close();
    }

    @Test
    void agent_hasSettingsAndHeldSessions() throws Exception {
        ConfigurableApplicationContext context = start();
        CompactionStates states = context.getBean(CompactionStates.class);
        SessionLock.Lease longer = states.get("planner").getLock("longer").acquire();
        TIME.addAndGet(Duration.ofSeconds(2).toNanos());
        SessionLock.Lease shorter = states.get("planner").getLock("shorter").acquire();
        TIME.addAndGet(Duration.ofMillis(500).toNanos());

        JsonNode agent = json(get(context, "/actuator/compaction/planner"));

        assertThat(agent.get("agent").asString()).isEqualTo("planner");
        assertThat(agent.get("settings"))
                .hasToString("{\"ttl\":\"PT30M\",\"maxSize\":10000,\"lockTimeout\":\"PT7S\",\"maxCompactions\":3,"
                        + "\"maxFailures\":3,\"failureCooldown\":\"PT1M\",\"compactAt\":0.8,"
                        + "\"background\":true,\"maxBackground\":4}");
        assertThat(agent.get("counts").get("held").asInt()).isEqualTo(2);
        assertThat(agent.get("heldSessions")
                        .valueStream()
                        .map(session -> session.get("session").asString() + " "
                                + session.get("heldFor").asString()))
                .containsExactly("longer PT2.5S", "shorter PT0.5S");
        longer.close();
        shorter.close();
    }

    @Test
    void agent_hasWhatItsCompactionsHaveComeTo() throws Exception {
        ConfigurableApplicationContext context = start();
        CompactionListener listener = context.getBean(CompactionCounts.class).listener("planner");
        CompactionUsage usage = new CompactionUsage(
                OptionalLong.of(900), OptionalLong.of(300), OptionalLong.of(800), OptionalLong.of(50));

        listener.compactionEnded(
                "planner", "s", report(CompactionTrigger.OVERFLOW, CompactionOutcome.COMPACTED, usage));
        listener.compactionEnded(
                "planner", "s", report(CompactionTrigger.OVERFLOW, CompactionOutcome.JOINED, CompactionUsage.UNKNOWN));
        listener.compactionStarted("planner", "s-4711", CompactionTrigger.BACKGROUND);

        assertThat(json(get(context, "/actuator/compaction/planner")).get("compactions"))
                .hasToString("{\"outcomes\":{\"compacted\":1,\"joined\":1,\"nothing\":0,\"failed\":0,\"rejected\":0,"
                        + "\"cancelled\":0},\"tokens\":{\"prompt\":800,\"completion\":50,\"saved\":600},"
                        + "\"backgroundRunning\":1}");
        listener.compactionEnded(
                "planner",
                "s-4711",
                report(CompactionTrigger.BACKGROUND, CompactionOutcome.FAILED, CompactionUsage.UNKNOWN));
        JsonNode afterwards = json(get(context, "/actuator/compaction/planner")).get("compactions");
        assertThat(afterwards.get("backgroundRunning").asInt()).isZero();
        assertThat(afterwards.at("/outcomes/failed").asInt()).isEqualTo(1);
    }

    private static CompactionReport report(
            CompactionTrigger trigger, CompactionOutcome outcome, CompactionUsage usage) {
        return new CompactionReport(trigger, outcome, Duration.ZERO, 0, usage);
    }

    /** As on Jersey, where it makes no difference whether there is a slash. */
    @Test
    void agentWithASlash_isTheAgent() throws Exception {
        ConfigurableApplicationContext context = start();

        assertThat(json(get(context, "/actuator/compaction/planner/"))
                        .get("agent")
                        .asString())
                .isEqualTo("planner");
        assertThat(get(context, "/actuator/compaction/nobody/").statusCode()).isEqualTo(404);
        assertThat(get(context, "/actuator/compaction/planner/%20").statusCode())
                .isEqualTo(404);
    }

    @Test
    void agent_showsAtMostHundredHeldSessions() throws Exception {
        ConfigurableApplicationContext context = start();
        CompactionStates states = context.getBean(CompactionStates.class);
        List<SessionLock.Lease> leases = new ArrayList<>();
        for (int i = 0; i < 101; i++) {
            leases.add(states.get("planner").getLock("s" + i).acquire());
        }

        JsonNode agent = json(get(context, "/actuator/compaction/planner"));

        assertThat(agent.get("heldSessions")).hasSize(100);
        assertThat(agent.get("counts").get("held").asInt()).isEqualTo(101);
        leases.forEach(SessionLock.Lease::close);
    }

    /** What the README says can be requested is there, for an agent and a session that there are, and not for others. */
    @Test
    void readme_namesTheRequestsThereAre() throws Exception {
        List<List<String>> rows = Readme.rows("In Actuator");
        String access = rows.stream()
                .map(row -> row.get(1))
                .flatMap(shows -> Readme.codes(shows).stream())
                .filter(code -> code.startsWith("management."))
                .findFirst()
                .orElseThrow()
                .replace(": ", "=");
        ConfigurableApplicationContext context = start(access);
        SessionCompactionState planner = context.getBean(CompactionStates.class).get("planner");
        Set<String> documented = new TreeSet<>();

        for (List<String> row : rows) {
            String request = Readme.codes(row.get(0)).get(0);
            String method = request.split(" ")[0];
            String path = request.split(" ")[1];
            documented.add(path);
            planner.storeSummary("session-1", "text");
            assertThat(status(context, method, path, "planner", "session-1"))
                    .as(request)
                    .isEqualTo(method.equals("GET") ? 200 : 204);
            if (path.contains("{session}")) {
                assertThat(status(context, method, path, "planner", "session-2"))
                        .as(request)
                        .isEqualTo(404);
            }
            if (path.contains("{agent}")) {
                assertThat(status(context, method, path, "nobody", "session-1"))
                        .as(request)
                        .isEqualTo(404);
            }
        }

        JsonNode links = json(get(context, "/actuator")).get("_links");
        assertThat(links.propertyStream()
                        .filter(link -> link.getKey().startsWith("compaction"))
                        .map(link -> HOST.matcher(link.getValue().get("href").asString())
                                .replaceFirst("")
                                .replace("{*agentAndSession}", "{agent}/{session}")))
                .containsExactlyInAnyOrderElementsOf(documented);
    }

    private int status(ConfigurableApplicationContext context, String method, String path, String agent, String session)
            throws Exception {
        HttpRequest request = request(context, path.replace("{agent}", agent).replace("{session}", session))
                .method(method, BodyPublishers.noBody())
                .build();
        return http.send(request, BodyHandlers.ofString()).statusCode();
    }

    @Test
    void session_showsEverythingButTheText() throws Exception {
        ConfigurableApplicationContext context = start();
        CompactionStates states = context.getBean(CompactionStates.class);
        states.get("my agent").storeSummary("s 1", "secret text");
        TIME.addAndGet(Duration.ofSeconds(3).toNanos());
        SessionLock.Lease lease = states.get("my agent").getLock("s 1").acquire();
        TIME.addAndGet(Duration.ofSeconds(1).toNanos());

        HttpResponse<String> answer = get(context, "/actuator/compaction/my%20agent/s%201");

        JsonNode session = json(answer);
        assertThat(session.get("session").asString()).isEqualTo("s 1");
        assertThat(session.get("locked").asBoolean()).isTrue();
        assertThat(session.get("heldFor").asString()).isEqualTo("PT1S");
        assertThat(session.get("waiting").asInt()).isZero();
        assertThat(session.get("epoch").isNumber()).isTrue();
        assertThat(session.get("summaryPresent").asBoolean()).isTrue();
        assertThat(session.get("summaryAge").asString()).isEqualTo("PT4S");
        assertThat(answer.body()).doesNotContain("secret");
        lease.close();
    }

    /** Also where this replica has never heard of the session. */
    @Test
    void sessionOfAnotherReplica_showsItsHolder() throws Exception {
        try (TestDatabase database = new TestDatabase()) {
            String[] shared = {
                "compaction.store=jdbc",
                "spring.application.name=agents",
                "spring.datasource.url=" + database.url(),
                "management.endpoint.compaction.access=unrestricted"
            };
            ConfigurableApplicationContext one = start(with(shared, "compaction.replica=pod-1"));
            ConfigurableApplicationContext two = start(with(shared, "compaction.replica=pod-2"));
            SessionCompactionState planner = two.getBean(CompactionStates.class).get("planner");
            String path = "/actuator/compaction/planner/users/42";
            assertThat(get(one, path).statusCode()).isEqualTo(404);

            SessionLock.Lease lease = planner.getLock("users/42").acquire();
            JsonNode elsewhere = json(get(one, path));
            JsonNode here = json(get(two, path));

            assertThat(elsewhere.get("session").asString()).isEqualTo("users/42");
            assertThat(elsewhere.get("locked").asBoolean()).isFalse();
            assertThat(elsewhere.has("epoch")).isFalse();
            assertThat(here.get("locked").asBoolean()).isTrue();
            for (JsonNode store : List.of(elsewhere.get("store"), here.get("store"))) {
                assertThat(store.get("answers").asBoolean()).isTrue();
                assertThat(store.get("holder").asString()).isEqualTo("pod-2");
                assertThat(store.get("fence").asLong()).isEqualTo(lease.fence());
                assertThat(store.get("epoch").isNumber()).isTrue();
            }

            lease.compacted();
            lease.close();
            planner.storeSummary("users/42", "secret text");

            JsonNode free = json(get(one, path));
            assertThat(free.get("store").has("holder")).isFalse();
            assertThat(free.get("store").get("epoch").asLong())
                    .isEqualTo(elsewhere.get("store").get("epoch").asLong() + 1);
            assertThat(free.get("summaryPresent").asBoolean()).isTrue();
            assertThat(get(one, path).body()).doesNotContain("secret");
            assertThat(delete(one, path).statusCode()).isEqualTo(204);
            assertThat(planner.getSummary("users/42")).isEmpty();
            assertThat(json(get(one, "/actuator/health/compaction"))
                            .get("components")
                            .get("planner")
                            .get("details")
                            .get("store")
                            .asString())
                    .isEqualTo("answers");
            assertThat(get(two, "/actuator/prometheus").body())
                    .contains(
                            "compaction_store_seconds_count{agent=\"planner\",operation=\"acquire\",outcome=\"ok\"} 1")
                    .doesNotContain("users/42");
        }
    }

    private static String[] with(String[] properties, String another) {
        String[] all = Arrays.copyOf(properties, properties.length + 1);
        all[properties.length] = another;
        return all;
    }

    @Test
    void sessionWithSlashes_isFoundAndItsSummaryDiscarded() throws Exception {
        ConfigurableApplicationContext context = start("management.endpoint.compaction.access=unrestricted");
        context.getBean(CompactionStates.class).get("planner").storeSummary("users/4 2/chat", "text");
        String path = "/actuator/compaction/planner/users/4%202/chat";

        assertThat(json(get(context, path)).get("session").asString()).isEqualTo("users/4 2/chat");
        assertThat(delete(context, path).statusCode()).isEqualTo(204);
        assertThat(get(context, path).statusCode()).isEqualTo(404);
    }

    /** The name of the agent may be the first part of the session's id, too. */
    @Test
    void sessionBelowTheNameOfItsAgent_isAnotherOne() throws Exception {
        ConfigurableApplicationContext context = start("management.endpoint.compaction.access=unrestricted");
        SessionCompactionState planner = context.getBean(CompactionStates.class).get("planner");
        for (String session : List.of("planner/planner/x", "planner/x", "x")) {
            planner.storeSummary(session, "text");
        }
        String path = "/actuator/compaction/planner/planner/x";

        assertThat(json(get(context, path)).get("session").asString()).isEqualTo("planner/x");
        assertThat(delete(context, path).statusCode()).isEqualTo(204);

        assertThat(get(context, path).statusCode()).isEqualTo(404);
        assertThat(planner.getSummary("planner/planner/x")).isPresent();
        assertThat(planner.getSummary("planner/x")).isEmpty();
        assertThat(planner.getSummary("x")).isPresent();
    }

    @Test
    void sessionOfEncodedCharacters_isFound() throws Exception {
        ConfigurableApplicationContext context = start();
        Map<String, String> sessions = Map.of(
                "%C3%BC%20%2B", "ü +",
                "50%25", "50%",
                "%2525", "%25",
                "a%3Fb%23c", "a?b#c",
                "a%3Bb", "a;b",
                "a:b@c/d,e", "a:b@c/d,e");
        for (Map.Entry<String, String> session : sessions.entrySet()) {
            context.getBean(CompactionStates.class).get("planner").storeSummary(session.getValue(), "text");

            JsonNode shown = json(get(context, "/actuator/compaction/planner/" + session.getKey()));

            assertThat(shown.get("session").asString()).isEqualTo(session.getValue());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "management.endpoints.web.base-path=/, /compaction",
        "management.endpoints.web.base-path=/planner, /planner/compaction",
        "management.endpoints.web.path-mapping.compaction=planner/sessions, /actuator/planner/sessions"
    })
    void endpointAtAnotherPath_findsTheSameSession(String property, String path) throws Exception {
        ConfigurableApplicationContext context = start(property);
        context.getBean(CompactionStates.class).get("planner").storeSummary("users/42", "text");

        JsonNode shown = json(get(context, path + "/planner/users/42"));

        assertThat(shown.get("session").asString()).isEqualTo("users/42");
        assertThat(json(get(context, path + "/planner")).get("agent").asString())
                .isEqualTo("planner");
    }

    @Test
    void deleteOfAnAgent_findsNoSession() throws Exception {
        ConfigurableApplicationContext context = start("management.endpoint.compaction.access=unrestricted");

        assertThat(delete(context, "/actuator/compaction/planner").statusCode()).isEqualTo(404);
        assertThat(delete(context, "/actuator/compaction/planner/").statusCode())
                .isEqualTo(404);
    }

    @Test
    void sessionWithoutLock_leavesOutWhatIsUnknown() throws Exception {
        ConfigurableApplicationContext context = start();
        context.getBean(CompactionStates.class).get("planner").storeSummary("s", "secret text");

        assertThat(get(context, "/actuator/compaction/planner/s").body())
                .isEqualTo("{\"session\":\"s\",\"locked\":false,\"waiting\":0,\"summaryPresent\":true,"
                        + "\"summaryAge\":\"PT0S\"}");
    }

    @Test
    void unknown_isNotFound() throws Exception {
        ConfigurableApplicationContext context = start("management.endpoint.compaction.access=unrestricted");

        assertThat(get(context, "/actuator/compaction/nobody").statusCode()).isEqualTo(404);
        assertThat(get(context, "/actuator/compaction/planner/nothing").statusCode())
                .isEqualTo(404);
        assertThat(get(context, "/actuator/compaction/planner/%20").statusCode())
                .isEqualTo(404);
        assertThat(get(context, "/actuator/compaction/nobody/s").statusCode()).isEqualTo(404);
        assertThat(delete(context, "/actuator/compaction/planner/nothing").statusCode())
                .isEqualTo(404);
        assertThat(delete(context, "/actuator/compaction/nobody/s").statusCode())
                .isEqualTo(404);
        assertThat(context.getBean(CompactionStates.class).get("planner").lockCount())
                .isZero();
    }

    @Test
    void delete_isOffThoughTheEndpointIsExposed() throws Exception {
        ConfigurableApplicationContext context = start();
        context.getBean(CompactionStates.class).get("planner").storeSummary("s", "text");

        assertThat(delete(context, "/actuator/compaction/planner/s").statusCode())
                .isEqualTo(405);
        assertThat(context.getBean(CompactionStates.class).get("planner").getSummary("s"))
                .isPresent();
    }

    @Test
    void delete_discardsTheSummaryWhereAccessIsRaised() throws Exception {
        ConfigurableApplicationContext context = start("management.endpoint.compaction.access=unrestricted");
        context.getBean(CompactionStates.class).get("planner").storeSummary("s", "text");

        assertThat(delete(context, "/actuator/compaction/planner/s").statusCode())
                .isEqualTo(204);
        assertThat(context.getBean(CompactionStates.class).get("planner").getSummary("s"))
                .isEmpty();
        assertThat(delete(context, "/actuator/compaction/planner/s").statusCode())
                .isEqualTo(404);
    }

    @Test
    void health_isUpWithDetailsForEachAgent() throws Exception {
        ConfigurableApplicationContext context = start();
        SessionLock.Lease lease = context.getBean(CompactionStates.class)
                .get("planner")
                .getLock("s")
                .acquire();

        JsonNode health = json(get(context, "/actuator/health/compaction"));

        assertThat(health.get("status").asString()).isEqualTo("UP");
        assertThat(health.get("components").propertyNames()).containsExactlyInAnyOrder("planner", "my agent");
        assertThat(health.get("components").get("planner").get("status").asString())
                .isEqualTo("UP");
        assertThat(health.get("components")
                        .get("planner")
                        .get("details")
                        .get("held")
                        .asInt())
                .isEqualTo(1);
        lease.close();
    }

    @Test
    void prometheus_scrapesEveryMeter() throws Exception {
        ConfigurableApplicationContext context = start();
        CompactionStates states = context.getBean(CompactionStates.class);
        SessionLock lock = states.get("planner").getLock("session-4711");
        SessionLock.Lease lease = lock.acquire();
        CompletableFuture<SessionLock.Lease> waiter = lock.acquireAsync();
        TIME.addAndGet(Duration.ofSeconds(2).toNanos());
        lease.close();
        waiter.join().close();
        states.get("planner").storeSummary("session-4711", "secret text");

        String scraped = get(context, "/actuator/prometheus").body();

        assertThat(scraped)
                .contains(
                        "compaction_lock_wait_seconds_count{agent=\"planner\",outcome=\"acquired\"} 1",
                        "compaction_lock_wait_seconds_sum{agent=\"planner\",outcome=\"acquired\"} 2.0",
                        "compaction_lock_wait_seconds_bucket{agent=\"planner\",outcome=\"acquired\",le=\"1.0E-4\"} 0",
                        "compaction_lock_wait_seconds_bucket{agent=\"planner\",outcome=\"acquired\",le=\"30.0\"} 1",
                        "compaction_lock_wait_seconds_count{agent=\"my agent\",outcome=\"timeout\"} 0",
                        "compaction_lock_hold_seconds_count{agent=\"planner\"} 2",
                        "compaction_lock_waiting{agent=\"planner\"} 0.0",
                        "compaction_lock_held{agent=\"planner\"} 0.0",
                        "compaction_cache_size{agent=\"planner\",cache=\"locks\"} 1.0",
                        "compaction_cache_size{agent=\"planner\",cache=\"summaries\"} 1.0",
                        "compaction_cache_evictions_total{agent=\"planner\",cache=\"locks\",cause=\"size\"} 0.0",
                        "compaction_compactions_seconds_count{agent=\"planner\",outcome=\"joined\"} 0",
                        "compaction_summaries_total{agent=\"planner\",event=\"stored\"} 1.0")
                .doesNotContain("secret", "session-4711");
    }

    @Test
    void notExposed_noEndpoint() throws Exception {
        ConfigurableApplicationContext context = start("management.endpoints.web.exposure.exclude=compaction");

        assertThat(get(context, "/actuator/compaction").statusCode()).isEqualTo(404);
        assertThat(context.getBeanNamesForType(CompactionEndpoint.class)).isEmpty();
    }

    @Test
    void switchedOff_isShownAndHealthy() throws Exception {
        JsonNode on = json(get(start(), "/actuator/compaction"));
        ConfigurableApplicationContext context = start("compaction.enabled=false");
        JsonNode off = json(get(context, "/actuator/compaction"));

        assertThat(on.get("enabled").asBoolean()).isTrue();
        assertThat(off.get("enabled").asBoolean()).isFalse();
        assertThat(off.get("agents").propertyNames()).containsExactly("planner", "my agent");
        assertThat(json(get(context, "/actuator/health/compaction"))
                        .get("status")
                        .asString())
                .isEqualTo("UP");
    }

    @Test
    void healthDisabled_noHealth() throws Exception {
        ConfigurableApplicationContext context = start("management.health.compaction.enabled=false");

        assertThat(get(context, "/actuator/health/compaction").statusCode()).isEqualTo(404);
    }

    private ConfigurableApplicationContext start(String... properties) {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.address=127.0.0.1",
                "--server.port=0",
                "--spring.main.banner-mode=off",
                "--spring.reactor.netty.shutdown-quiet-period=0s",
                "--management.endpoints.web.exposure.include=*",
                "--management.endpoint.health.show-details=always",
                "--compaction.lock-timeout=7s",
                "--compaction.agents.planner.ttl=30m"));
        for (String property : properties) {
            arguments.add("--" + property);
        }
        ConfigurableApplicationContext context =
                new SpringApplicationBuilder(Application.class).web(stack).run(arguments.toArray(String[]::new));
        started.add(context);
        return context;
    }

    private HttpResponse<String> get(ConfigurableApplicationContext context, String path) throws Exception {
        return http.send(request(context, path).GET().build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> delete(ConfigurableApplicationContext context, String path) throws Exception {
        return http.send(request(context, path).DELETE().build(), BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(ConfigurableApplicationContext context, String path) {
        String port = context.getEnvironment().getRequiredProperty("local.server.port");
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    private static JsonNode json(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JsonMapper.builder().build().readTree(response.body());
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @Bean
        CompactionStateCustomizer movedClock() {
            Ticker ticker = TIME::get;
            return (agent, builder) -> builder.ticker(ticker);
        }

        @Bean
        SessionCompactionState ownState() {
            return SessionCompactionState.builder()
                    .agent("my agent")
                    .ticker(TIME::get)
                    .build();
        }
    }
}
