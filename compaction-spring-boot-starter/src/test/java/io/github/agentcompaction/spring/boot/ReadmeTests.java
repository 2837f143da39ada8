package io.github.agentcompaction.spring.boot;

import static io.github.agentcompaction.spring.boot.Readme.blocks;
import static io.github.agentcompaction.spring.boot.Readme.codes;
import static io.github.agentcompaction.spring.boot.Readme.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.AgentSettings;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.github.agentcompaction.spring.boot.metrics.CompactionMetrics;
import io.github.agentcompaction.spring.boot.springai.ChatMemoryCompactorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionAdvisorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionChatMemoryAutoConfiguration;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.ByteArrayResource;

/** What the README shows compiles, runs, and does what it says; its tables tell what there is. */
class ReadmeTests {

    /** What stands behind the README's {@code model}. */
    private static final String MODEL = """
            package readme;

            public interface Model {
                String answer(String session, String question);

                java.util.Optional<String> summarizeOldest(String session);
            }
            """;

    private static final String IMPORTS = """
            package readme;

            import io.github.agentcompaction.*;
            import java.time.Duration;
            import java.util.Optional;
            import java.util.concurrent.CompletableFuture;
            import org.springframework.beans.factory.annotation.Qualifier;
            import org.springframework.stereotype.Component;
            import org.springframework.stereotype.Service;

            """;

    private static final String IMPORTS_FOR_SPRING_AI = """
            package readme;

            import io.github.agentcompaction.springai.CompactionAdvisor;
            import org.springframework.ai.chat.client.ChatClient;
            import org.springframework.ai.chat.client.ChatClientResponse;
            import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
            import org.springframework.ai.chat.memory.ChatMemory;
            import org.springframework.ai.chat.model.ChatModel;
            import org.springframework.beans.factory.annotation.Qualifier;
            import org.springframework.context.annotation.Bean;
            import org.springframework.context.annotation.Configuration;

            """;

    @TempDir
    Path directory;

    @Test
    void javaBlocks_compileAndRun() throws Exception {
        List<String> blocks = blocks("java");
        assertThat(blocks).hasSize(6);
        Map<String, String> sources = new TreeMap<>();
        sources.put("Model", MODEL);
        sources.put("PlannerService", IMPORTS + blocks.get(2));
        sources.put("PlannerCompactor", IMPORTS + blocks.get(3));
        sources.put(
                "WithoutSpring",
                IMPORTS + "public class WithoutSpring {\n    public static String run(Model model) throws Exception {\n"
                        + blocks.get(4) + blocks.get(5)
                        + "return reply.value() + \", \" + later.get().value() + \", \" + epoch;\n}\n}\n");
        ClassLoader readme = compile(sources);
        Class<?> modelType = readme.loadClass("readme.Model");

        ModelWithAWindow plain = new ModelWithAWindow();
        Object answers = readme.loadClass("readme.WithoutSpring")
                .getMethod("run", modelType)
                .invoke(null, plain.as(modelType, readme));
        assertThat(answers).asString().startsWith("answer to And now?, answer to And then?, ");
        assertThat(plain.summaries).hasValue(2); // one by the template, one by hand

        ModelWithAWindow beans = new ModelWithAWindow();
        context(readme)
                .withBean("model", castTo(modelType), () -> beans.as(modelType, readme))
                .withUserConfiguration(
                        readme.loadClass("readme.PlannerService"), readme.loadClass("readme.PlannerCompactor"))
                .run(context -> {
                    Object service = context.getBean(readme.loadClass("readme.PlannerService"));
                    var answer = service.getClass().getDeclaredMethod("answer", String.class, String.class);
                    answer.setAccessible(true);
                    assertThat(answer.invoke(service, "session-1", "And now?"))
                            .isEqualTo("answer to And now?\n\n[Earlier messages were summarized.]");
                    assertThat(answer.invoke(service, "session-1", "And then?")).isEqualTo("answer to And then?");
                    assertThat(beans.summaries).hasValue(1);
                });
    }

    @Test
    void springAiBlocks_compileAndRun() throws Exception {
        List<String> blocks = blocks("java");
        ClassLoader readme = compile(Map.of(
                "ResearcherConfiguration",
                IMPORTS_FOR_SPRING_AI + blocks.get(0),
                "Asking",
                IMPORTS_FOR_SPRING_AI + "public class Asking {\n    public static Object ask(ChatClient researcher) {\n"
                        + blocks.get(1) + "return summary;\n}\n}\n"));
        Method ask = readme.loadClass("readme.Asking").getMethod("ask", ChatClient.class);

        context(readme, "yaml", 0)
                .withConfiguration(AutoConfigurations.of(
                        ChatClientAutoConfiguration.class,
                        ChatMemoryAutoConfiguration.class,
                        CompactionChatMemoryAutoConfiguration.class,
                        ChatMemoryCompactorAutoConfiguration.class,
                        CompactionAdvisorAutoConfiguration.class))
                .withBean(ChatModel.class, () -> ReadmeTests::answerOrRefuse)
                .withUserConfiguration(readme.loadClass("readme.ResearcherConfiguration"))
                .run(context -> {
                    ChatMemory memory = context.getBean(ChatMemory.class);
                    List<Message> tooLong = List.of(new UserMessage("old"), new AssistantMessage("older"));
                    memory.add("session-1", tooLong);

                    assertThat(ask.invoke(null, context.getBean("researcher"))).isEqualTo("what was");
                    assertThat(ask.invoke(null, context.getBean("researcher"))).isNull();

                    memory.clear("session-1");
                    memory.add("session-1", tooLong);
                    ChatClient planner = context.getBean(ChatClient.Builder.class)
                            .defaultAdvisors(
                                    MessageChatMemoryAdvisor.builder(memory).build())
                            .build();
                    assertThat(ask.invoke(null, planner)).isEqualTo("what was");
                });
    }

    /** A model that refuses a conversation about what is old. */
    private static ChatResponse answerOrRefuse(Prompt prompt) {
        String text = prompt.getContents();
        boolean isSummary = text.contains("<conversation>");
        if (text.contains("old") && !isSummary) {
            throw new IllegalStateException("This model's maximum context length is 10 tokens.");
        }
        return new ChatResponse(List.of(new Generation(new AssistantMessage(isSummary ? "what was" : "answer"))));
    }

    @Test
    void yamlBlock_configuresTwoAgents() {
        context(getClass().getClassLoader()).run(context -> {
            CompactionStates states = context.getBean(CompactionStates.class);
            assertThat(states.names()).containsExactlyInAnyOrder("planner", "researcher");
            assertThat(states.get("planner"))
                    .returns(Duration.ofMinutes(30), SessionCompactionState::ttl)
                    .returns(50_000L, SessionCompactionState::maxSize);
            assertThat(states.get("researcher"))
                    .returns(SessionCompactionState.DEFAULT_TTL, SessionCompactionState::ttl)
                    .returns(SessionCompactionState.DEFAULT_MAX_SIZE, SessionCompactionState::maxSize);
        });
    }

    @Test
    void settingsTable_hasEverySettingWithItsDefault() {
        Map<String, String> documented = new TreeMap<>();
        rows("Settings")
                .forEach(row -> documented.put(
                        codes(row.get(0)).get(0), row.get(1).replace("`", "").trim()));

        assertThat(documented)
                .containsAllEntriesOf(Map.of(
                        "context-window",
                        "none",
                        "compact-at",
                        "0.8",
                        "spring-ai.default-advisor",
                        "none",
                        "spring-ai.keep-all-messages",
                        "false",
                        "spring-ai.session-service-agent",
                        "the only agent"))
                .hasSize(12)
                .containsAllEntriesOf(Map.of(
                        "enabled",
                        "true",
                        "ttl",
                        inYaml(SessionCompactionState.DEFAULT_TTL),
                        "max-size",
                        "" + SessionCompactionState.DEFAULT_MAX_SIZE,
                        "lock-timeout",
                        inYaml(CompactionTemplate.DEFAULT_LOCK_TIMEOUT),
                        "max-compactions",
                        "" + CompactionTemplate.DEFAULT_MAX_COMPACTIONS,
                        "max-failures",
                        "" + CompactionTemplate.DEFAULT_MAX_FAILURES,
                        "failure-cooldown",
                        inYaml(CompactionTemplate.DEFAULT_FAILURE_COOLDOWN)));
    }

    @Test
    void settingsTable_hasTheMinimumOfEveryNumberAndDuration() {
        Set<String> measured = Arrays.stream(AgentSettings.class.getRecordComponents())
                .filter(setting -> Number.class.isAssignableFrom(setting.getType())
                        || setting.getType().equals(Duration.class))
                .map(setting -> DataObjectPropertyName.toDashedForm(setting.getName()))
                .collect(Collectors.toSet());

        assertThat(minimums().map(setting -> setting.get()[0])).containsExactlyInAnyOrderElementsOf(measured);
    }

    /** For all agents and for one: the minimum starts, with a compactor, so that a template has it; what is below does not. */
    @ParameterizedTest
    @MethodSource("minimums")
    void settingsTable_minimumIsAcceptedAndNothingBelow(String setting, String minimum) {
        Range range = Range.of(minimum);
        for (String key : List.of("compaction." + setting, "compaction.agents.planner." + setting)) {
            for (String value : range.accepted) {
                withCompactor(key + "=" + value)
                        .run(context ->
                                assertThat(context).as(key + "=" + value).hasNotFailed());
            }
            for (String value : range.refused) {
                withCompactor(key + "=" + value)
                        .run(context -> assertThat(context)
                                .as(key + "=" + value)
                                .getFailure()
                                .hasStackTraceContaining("Property " + key + " with value "));
            }
        }
    }

    private static Stream<Arguments> minimums() {
        return rows("Settings").stream()
                .filter(row -> !row.get(2).isBlank())
                .map(row -> arguments(codes(row.get(0)).get(0), row.get(2).trim()));
    }

    private static ApplicationContextRunner withCompactor(String property) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(CompactionAutoConfiguration.class))
                .withBean(Compactor.class, () -> session -> Optional.empty())
                .withPropertyValues("compaction.agents.planner=", property);
    }

    @Test
    void metersTable_hasEveryMeterWithItsTags() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        SessionCompactionState state = SessionCompactionState.builder().build();
        new CompactionMetrics(() -> List.of(state)).bindTo(registry);
        Map<String, Set<String>> existing = new TreeMap<>();
        for (Meter meter : registry.getMeters()) {
            if (meter.getId().getName().endsWith(".histogram")) {
                continue; // this registry's own way to show buckets
            }
            Set<String> words = existing.computeIfAbsent(meter.getId().getName(), name -> new TreeSet<>());
            meter.getId().getTags().stream()
                    .filter(tag -> !tag.getKey().equals("agent"))
                    .forEach(tag -> words.addAll(List.of(tag.getKey(), tag.getValue())));
        }

        Map<String, Set<String>> documented = new TreeMap<>();
        rows("Meters").forEach(row -> documented.put(codes(row.get(0)).get(0), new TreeSet<>(codes(row.get(2)))));
        assertThat(documented).isEqualTo(existing);
    }

    private ApplicationContextRunner context(ClassLoader loader) {
        return context(loader, "yaml", 1);
    }

    private ApplicationContextRunner context(ClassLoader loader, String language, int block) {
        YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
        yaml.setResources(new ByteArrayResource(blocks(language).get(block).getBytes(StandardCharsets.UTF_8)));
        return new ApplicationContextRunner()
                .withClassLoader(loader)
                .withConfiguration(AutoConfigurations.of(CompactionAutoConfiguration.class))
                .withPropertyValues(Objects.requireNonNull(yaml.getObject()).entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .toArray(String[]::new));
    }

    @SuppressWarnings("unchecked")
    private static Class<Object> castTo(Class<?> type) {
        return (Class<Object>) type;
    }

    private ClassLoader compile(Map<String, String> sources) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Map.Entry<String, String> source : sources.entrySet()) {
            files.add(Files.writeString(directory.resolve(source.getKey() + ".java"), source.getValue()));
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(problems, null, null)) {
            List<String> options = List.of(
                    "-parameters",
                    "-proc:none",
                    "-d",
                    directory.toString(),
                    "-cp",
                    System.getProperty("java.class.path"));
            boolean compiled = compiler.getTask(
                            null, manager, problems, options, null, manager.getJavaFileObjectsFromPaths(files))
                    .call();
            assertThat(compiled).as("%s", problems.getDiagnostics()).isTrue();
        }
        return new URLClassLoader(
                new URL[] {directory.toUri().toURL()}, getClass().getClassLoader());
    }

    private static String inYaml(Duration duration) {
        return duration.toMinutes() % 60 == 0 ? duration.toHours() + "h" : duration.toMinutes() + "m";
    }

    /** A model that answers nothing longer than a summarized conversation; the README's {@code Model} by its methods. */
    private static final class ModelWithAWindow {

        final AtomicInteger summaries = new AtomicInteger();

        Object as(Class<?> type, ClassLoader loader) {
            return Proxy.newProxyInstance(loader, new Class<?>[] {type}, (proxy, method, arguments) -> {
                switch (method.getName()) {
                    case "answer":
                        if (summaries.get() == 0) {
                            throw new IllegalStateException("This model's maximum context length is 10 tokens.");
                        }
                        return "answer to " + arguments[1];
                    case "summarizeOldest":
                        return Optional.of("summary " + summaries.incrementAndGet());
                    default:
                        return method.invoke(this, arguments);
                }
            });
        }
    }

    /** The values next to a documented minimum, on either side. */
    private static final class Range {

        private static final Pattern WHOLE = Pattern.compile("\\d+");
        private static final Pattern LONGER = Pattern.compile("longer than (\\w+)");
        private static final Pattern SHARE = Pattern.compile("more than (\\S+), up to (\\S+)");

        final List<String> accepted;
        final List<String> refused;

        private Range(List<?> accepted, List<?> refused) {
            this.accepted = accepted.stream().map(String::valueOf).toList();
            this.refused = refused.stream().map(String::valueOf).toList();
        }

        static Range of(String minimum) {
            Matcher longer = LONGER.matcher(minimum);
            if (longer.matches()) {
                Duration bound = DurationStyle.detectAndParse(longer.group(1));
                return new Range(List.of(bound.plusNanos(1)), List.of(bound, bound.minusNanos(1)));
            }
            Matcher share = SHARE.matcher(minimum);
            if (share.matches()) {
                double below = Double.parseDouble(share.group(1));
                double most = Double.parseDouble(share.group(2));
                return new Range(List.of(Math.nextUp(below), most), List.of(below, Math.nextUp(most)));
            }
            if (WHOLE.matcher(minimum).matches()) {
                long least = Long.parseLong(minimum);
                return new Range(List.of(least), List.of(least - 1));
            }
            Duration least = DurationStyle.detectAndParse(minimum);
            return new Range(List.of(least), List.of(least.minusNanos(1)));
        }
    }
}
