package io.github.agentcompaction.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.Compactor;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Starts an application from which jars are really missing. A filtering class loader would not do: it hides a class from
 * look-ups by name, while the classes that refer to it still find it.
 */
class OptionalClassPathTests {

    private static final String METRICS = "compactionMetrics";
    private static final String ENDPOINT = "compactionEndpoint";
    private static final String HEALTH = "compactionHealthContributor";
    private static final String OBSERVATION = "compactionObservationStateCustomizer";
    private static final String CONTEXT = "propagatedContextCarrier";
    private static final String CURRENT_OBSERVATION = "currentObservationCarrier";
    private static final String LOGGING_CONTEXT = "loggingContextCarrier";
    private static final String EVENTS = "compactionEventsStateCustomizer";
    private static final String COMPACTED_PROMPTS = "compactedConversationFilter";
    private static final String MEMORY = "chatMemory";
    private static final String ADVISOR = "plannerCompactionAdvisor";
    private static final String SESSIONS = "compactionSessionServiceNotice";

    private static final String MICROMETER = "micrometer-(?!observation|commons).*|spring-boot-(starter-)?micrometer.*";
    private static final String ACTUATOR = "spring-boot-(starter-)?actuator.*";
    private static final String HEALTH_JARS = "spring-boot-health.*";
    private static final String WEB =
            "spring-web.*|tomcat.*|spring-boot-(starter-)?(web|tomcat|servlet|http).*|jakarta\\.servlet.*";
    private static final String OUR_SPRING_AI = "compaction-spring-ai.*";
    private static final String SPRING_AI = "(compaction-)?spring-ai.*";
    private static final String JSON = "jackson.*|spring-boot-(starter-)?jackson.*";

    private static final String OUR_STORES = "compaction-(jdbc|redis).*";
    private static final String JDBC =
            "spring-(jdbc|tx|orm).*|spring-boot-(starter-)?(jdbc|sql|transaction|persistence).*|h2.*|HikariCP.*"
                    + "|spring-ai-(autoconfigure-)?model-chat-memory-repository-jdbc.*";
    private static final String REDIS = "spring-data.*|spring-boot-data.*|lettuce.*";

    @Test
    void everythingThere_allParts() throws Exception {
        assertThat(startWithout("nothing"))
                .contains(METRICS, ENDPOINT, HEALTH, MEMORY, ADVISOR, SESSIONS)
                .contains(OBSERVATION, CONTEXT, LOGGING_CONTEXT, EVENTS, COMPACTED_PROMPTS)
                .doesNotContain(CURRENT_OBSERVATION);
    }

    @Test
    void withoutSpringAiSession_noSessionService() throws Exception {
        assertThat(startWithout("spring-ai-(autoconfigure-)?session.*"))
                .contains(METRICS, ENDPOINT, HEALTH, MEMORY, ADVISOR)
                .doesNotContain(SESSIONS);
    }

    @Test
    void withoutCompactionForSpringAi_noAdvisor() throws Exception {
        assertThat(startWithout(OUR_SPRING_AI))
                .contains(METRICS, ENDPOINT, HEALTH, MEMORY) // which is Spring AI's own
                .doesNotContain(ADVISOR, SESSIONS);
    }

    @Test
    void withoutSpringAi_noneOfIt() throws Exception {
        assertThat(startWithout(SPRING_AI))
                .contains(METRICS, ENDPOINT, HEALTH)
                .doesNotContain(MEMORY, ADVISOR, SESSIONS);
    }

    @Test
    void withoutSpringAisAutoConfiguration_memoryAndAdvisorStill() throws Exception {
        assertThat(startWithout("spring-ai-autoconfigure.*")).contains(MEMORY, ADVISOR);
    }

    @Test
    void withoutMicrometer_noMetrics() throws Exception {
        assertThat(startWithout(MICROMETER)).contains(ENDPOINT, HEALTH).doesNotContain(METRICS);
    }

    @Test
    void withoutContextPropagation_theObservationAlone() throws Exception {
        assertThat(startWithout("context-propagation.*"))
                .contains(OBSERVATION, CURRENT_OBSERVATION, LOGGING_CONTEXT, ADVISOR)
                .doesNotContain(CONTEXT);
    }

    @Test
    void withoutAnyOfMicrometer_eventsAndLoggingContextStill() throws Exception {
        assertThat(startWithout(String.join(
                        "|", "micrometer.*|context-propagation.*|spring-boot-(starter-)?micrometer.*", SPRING_AI, WEB)))
                .contains("plannerCompactionTemplate", LOGGING_CONTEXT, EVENTS)
                .doesNotContain(METRICS, OBSERVATION, CONTEXT, CURRENT_OBSERVATION, COMPACTED_PROMPTS);
    }

    @Test
    void withoutLoggingFacade_noLoggingContext() throws Exception {
        assertThat(startWithout(
                        "slf4j.*|logback.*|log4j.*|jul-to.*|" + SPRING_AI + "|" + JDBC + "|" + REDIS + "|" + WEB))
                .contains("plannerCompactionTemplate", OBSERVATION, EVENTS)
                .doesNotContain(LOGGING_CONTEXT);
    }

    @Test
    void withoutActuator_noEndpoint() throws Exception {
        assertThat(startWithout(ACTUATOR)).contains(METRICS, HEALTH).doesNotContain(ENDPOINT);
    }

    @Test
    void withoutActuatorsAutoConfiguration_noEndpoint() throws Exception {
        assertThat(startWithout("spring-boot-actuator-autoconfigure.*"))
                .contains(METRICS, HEALTH)
                .doesNotContain(ENDPOINT);
    }

    @Test
    void withoutHealth_noHealth() throws Exception {
        assertThat(startWithout(HEALTH_JARS)).contains(METRICS, ENDPOINT).doesNotContain(HEALTH);
    }

    @Test
    void withoutWeb_allParts() throws Exception {
        assertThat(startWithout(WEB)).contains(METRICS, ENDPOINT, HEALTH);
    }

    @Test
    void withoutAnyOfThem_onlyTheAgents() throws Exception {
        assertThat(startWithout(String.join("|", MICROMETER, ACTUATOR, HEALTH_JARS, WEB, JSON, SPRING_AI)))
                .contains("compactionStates", "plannerCompactionState", "plannerCompactionTemplate")
                .doesNotContain(METRICS, ENDPOINT, HEALTH, MEMORY, ADVISOR);
    }

    @Test
    void withoutTheStores_asBefore() throws Exception {
        assertThat(startWithout(String.join("|", OUR_STORES, JDBC, REDIS)))
                .contains(METRICS, ENDPOINT, HEALTH, MEMORY, ADVISOR, SESSIONS);
    }

    @Test
    void withoutTheModulesOfTheStores_asBefore() throws Exception {
        assertThat(startWithout(OUR_STORES)).contains(METRICS, ENDPOINT, HEALTH, MEMORY, ADVISOR, SESSIONS);
    }

    /** Modules without what they need are as good as none, as long as no store is set. */
    @Test
    void withoutWhatTheStoresNeed_asBefore() throws Exception {
        assertThat(startWithout(String.join("|", JDBC, REDIS)))
                .contains(METRICS, ENDPOINT, HEALTH, MEMORY, ADVISOR, SESSIONS);
    }

    private static List<String> startWithout(String jars) throws Exception {
        Pattern missing = Pattern.compile(jars);
        URL[] left = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(path -> !missing.matcher(jar(path)).matches())
                .map(OptionalClassPathTests::url)
                .toArray(URL[]::new);
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader = new URLClassLoader(left, ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(loader);
            return List.of((String[]) loader.loadClass(Application.class.getName())
                    .getMethod("beans")
                    .invoke(null));
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** The name of a jar, or of the module whose classes are not packed yet. */
    private static String jar(Path path) {
        int module = path.getNameCount() - (path.endsWith("target/classes") ? 3 : 1);
        return path.getName(module).toString();
    }

    private static URL url(Path path) {
        try {
            return path.toUri().toURL();
        } catch (java.net.MalformedURLException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Loaded by a class loader of its own, so it is asked by its name and answers in plain strings. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    public static class Application {

        public static String[] beans() {
            try (var context = new SpringApplicationBuilder(Application.class)
                    .web(WebApplicationType.NONE)
                    .run(
                            "--compaction.agents.planner=",
                            "--compaction.spring-ai.keep-all-messages=true",
                            "--management.endpoints.web.exposure.include=*",
                            "--management.endpoints.jmx.exposure.include=*",
                            "--spring.main.banner-mode=off")) {
                return context.getBeanDefinitionNames();
            }
        }

        @Bean
        Compactor summarizer() {
            return session -> Optional.of("summary");
        }
    }
}
