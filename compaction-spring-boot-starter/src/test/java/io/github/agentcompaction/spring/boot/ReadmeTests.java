package io.github.agentcompaction.spring.boot;

import static io.github.agentcompaction.spring.boot.Readme.blocks;
import static io.github.agentcompaction.spring.boot.Readme.codes;
import static io.github.agentcompaction.spring.boot.Readme.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.agentcompaction.CompactionException;
import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionListener.GiveUpReason;
import io.github.agentcompaction.CompactionListener.StoreOperation;
import io.github.agentcompaction.CompactionListener.StoreOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.ContextLimitExceededException;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.AgentSettings;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.github.agentcompaction.spring.boot.events.CompactionEventsAutoConfiguration;
import io.github.agentcompaction.spring.boot.metrics.CompactionMetrics;
import io.github.agentcompaction.spring.boot.springai.ChatMemoryCompactorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionAdvisorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionChatMemoryAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CoordinatedSessionServiceAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.SessionCompactorAutoConfiguration;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.CompactionAdvisor;
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
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.http.ProblemDetail;
import org.springframework.web.method.annotation.ExceptionHandlerMethodResolver;
import reactor.core.publisher.Flux;

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
            import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
            import org.springframework.ai.chat.memory.ChatMemory;
            import org.springframework.ai.chat.model.ChatModel;
            import org.springframework.ai.session.SessionService;
            import org.springframework.ai.session.advisor.SessionMemoryAdvisor;
            import org.springframework.beans.factory.annotation.Qualifier;
            import org.springframework.context.annotation.Bean;
            import org.springframework.context.annotation.Configuration;

            """;

    private static final String IMPORTS_FOR_ERRORS = """
            package readme;

            import io.github.agentcompaction.*;
            import org.springframework.http.HttpStatus;
            import org.springframework.http.ProblemDetail;
            import org.springframework.web.bind.annotation.ExceptionHandler;
            import org.springframework.web.bind.annotation.RestControllerAdvice;

            """;

    private static final String IMPORTS_FOR_EVENTS = """
            package readme;

            import io.github.agentcompaction.spring.boot.events.*;
            import java.util.Set;
            import java.util.concurrent.ConcurrentHashMap;
            import org.springframework.context.event.EventListener;
            import org.springframework.stereotype.Component;

            """;

    @TempDir
    Path directory;

    @Test
    void javaBlocks_compileAndRun() throws Exception {
        assertThat(blocks("java")).hasSize(9);
        Map<String, String> sources = new TreeMap<>();
        sources.put("Model", MODEL);
        sources.put("PlannerService", IMPORTS + block("class PlannerService "));
        sources.put("PlannerCompactor", IMPORTS + block("class PlannerCompactor "));
        sources.put(
                "WithoutSpring",
                IMPORTS + "public class WithoutSpring {\n    public static String run(Model model) throws Exception {\n"
                        + block("SessionCompactionState.builder()") + block("lock.epoch();")
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
        ClassLoader readme = compile(Map.of(
                "Planner",
                "package readme;\n" + block("class Planner {"),
                "ResearcherConfiguration",
                IMPORTS_FOR_SPRING_AI + block("class ResearcherConfiguration ")));

        context(readme, "yaml", 0)
                .withConfiguration(AutoConfigurations.of(
                        ChatClientAutoConfiguration.class,
                        ChatMemoryAutoConfiguration.class,
                        CompactionChatMemoryAutoConfiguration.class,
                        ChatMemoryCompactorAutoConfiguration.class,
                        CompactionAdvisorAutoConfiguration.class))
                .withBean(ChatModel.class, RefusingModel::new)
                .withUserConfiguration(
                        readme.loadClass("readme.ResearcherConfiguration"), readme.loadClass("readme.Planner"))
                .run(context -> {
                    ChatMemory memory = context.getBean(ChatMemory.class);
                    Object planner = context.getBean(readme.loadClass("readme.Planner"));
                    Method answer = method(planner, "answer");
                    Method stream = method(planner, "stream");
                    String notice = "\n\n[Earlier messages were summarized.]";

                    memory.add("a", tooLong());
                    assertThat(answer.invoke(planner, "a", "new?")).isEqualTo("answer" + notice);
                    assertThat(answer.invoke(planner, "a", "new?")).isEqualTo("answer");
                    memory.add("b", tooLong());
                    assertThat(((Flux<?>) stream.invoke(planner, "b", "new?"))
                                    .collectList()
                                    .block())
                            .isEqualTo(List.of("answer", "", notice));
                    assertThat(((Flux<?>) stream.invoke(planner, "b", "new?"))
                                    .collectList()
                                    .block())
                            .isEqualTo(List.of("answer", ""));

                    memory.add("c", tooLong());
                    ChatClientResponse response = context.getBean("researcher", ChatClient.class)
                            .prompt("new?")
                            .advisors(call -> call.param(ChatMemory.CONVERSATION_ID, "c"))
                            .call()
                            .chatClientResponse();
                    assertThat(response.context()).containsEntry(CompactionAdvisor.SUMMARY, "what was");
                });
    }

    private static Method method(Object planner, String name) throws NoSuchMethodException {
        Method method = planner.getClass().getDeclaredMethod(name, String.class, String.class);
        method.setAccessible(true);
        return method;
    }

    private static List<Message> tooLong() {
        return List.of(new UserMessage("old"), new AssistantMessage("older"));
    }

    @Test
    void sessionBlock_compilesAndGoesOnWithTheCompactedSession() throws Exception {
        ClassLoader readme =
                compile(Map.of("GuideConfiguration", IMPORTS_FOR_SPRING_AI + block("class GuideConfiguration ")));

        context(readme, "yaml", 0)
                .withConfiguration(AutoConfigurations.of(
                        ChatClientAutoConfiguration.class,
                        ChatMemoryAutoConfiguration.class,
                        CompactionChatMemoryAutoConfiguration.class,
                        ChatMemoryCompactorAutoConfiguration.class,
                        CompactionAdvisorAutoConfiguration.class,
                        CoordinatedSessionServiceAutoConfiguration.class,
                        SessionCompactorAutoConfiguration.class))
                .withBean(ChatModel.class, RefusingModel::new)
                .withBean(
                        SessionRepository.class,
                        () -> InMemorySessionRepository.builder().build())
                .withUserConfiguration(readme.loadClass("readme.GuideConfiguration"))
                .run(context -> {
                    SessionService sessions = context.getBean(SessionService.class);
                    sessions.create(CreateSessionRequest.builder()
                            .id("session-1")
                            .userId("ann")
                            .build());
                    sessions.appendMessage("session-1", new UserMessage("old"));
                    sessions.appendMessage("session-1", new AssistantMessage("older"));
                    ChatClient guide = context.getBean("guide", ChatClient.class);

                    assertThat(summaryOf(guide)).isEqualTo("what was");
                    assertThat(summaryOf(guide)).isNull();
                    assertThat(sessions.getEvents("session-1", EventFilter.active()))
                            .extracting(event -> event.getMessage().getText())
                            .endsWith("what was", "And now?", "answer", "And now?", "answer");
                });
    }

    private static @Nullable Object summaryOf(ChatClient client) {
        return client.prompt("And now?")
                .advisors(call -> call.param(ChatMemory.CONVERSATION_ID, "session-1"))
                .call()
                .chatClientResponse()
                .context()
                .get(CompactionAdvisor.SUMMARY);
    }

    @Test
    void errorsBlock_makesProblemDetails() throws Exception {
        ClassLoader readme = compile(Map.of("CompactionErrors", IMPORTS_FOR_ERRORS + block("class CompactionErrors ")));
        var constructor = readme.loadClass("readme.CompactionErrors").getDeclaredConstructor();
        constructor.setAccessible(true);
        var exceptions = new ExceptionHandlerMethodResolver(constructor.getDeclaringClass());

        assertThat(problem(
                        constructor.newInstance(),
                        exceptions,
                        new ContextLimitExceededException("a", "s", "too long", new IOException())))
                .returns(413, ProblemDetail::getStatus)
                .returns("too long", ProblemDetail::getDetail);
        assertThat(problem(
                        constructor.newInstance(),
                        exceptions,
                        new CompactionException("a", "s", "for the operator", null)))
                .returns(503, ProblemDetail::getStatus)
                .returns(
                        "This conversation could not be summarized now. Please try again later.",
                        ProblemDetail::getDetail);
    }

    @Test
    void eventsBlock_knowsWhatIsBeingSummarized() throws Exception {
        ClassLoader readme = compile(Map.of("Summarizing", IMPORTS_FOR_EVENTS + block("class Summarizing ")));
        Class<?> type = readme.loadClass("readme.Summarizing");
        Method isSummarizing = type.getDeclaredMethod("isSummarizing", String.class);
        isSummarizing.setAccessible(true);
        List<Object> whileItRan = new ArrayList<>();
        AtomicReference<Object> bean = new AtomicReference<>();
        new ApplicationContextRunner()
                .withClassLoader(readme)
                .withConfiguration(AutoConfigurations.of(
                        CompactionAutoConfiguration.class, CompactionEventsAutoConfiguration.class))
                .withUserConfiguration(type)
                .withBean("summarizer", Compactor.class, () -> session -> {
                    whileItRan.add(isSummarizing.invoke(bean.get(), session));
                    return Optional.of("summary");
                })
                .run(context -> {
                    bean.set(context.getBean(type));

                    context.getBean(CompactionTemplate.class).compact("s");

                    assertThat(whileItRan).containsExactly(true);
                    assertThat(isSummarizing.invoke(bean.get(), "s")).isEqualTo(false);
                });
    }

    private static ProblemDetail problem(Object advice, ExceptionHandlerMethodResolver exceptions, Exception failure)
            throws Exception {
        Method handler = Objects.requireNonNull(exceptions.resolveMethod(failure));
        handler.setAccessible(true);
        return (ProblemDetail) handler.invoke(advice, failure);
    }

    /** A model that refuses a conversation about what is old. */
    private static final class RefusingModel implements ChatModel {

        @Override
        public ChatResponse call(Prompt prompt) {
            String text = prompt.getContents();
            boolean isSummary = text.contains("<conversation>") || text.contains("=== CONVERSATION TO SUMMARIZE ===");
            if (text.contains("old") && !isSummary) {
                throw new IllegalStateException("This model's maximum context length is 10 tokens.");
            }
            return new ChatResponse(List.of(new Generation(new AssistantMessage(isSummary ? "what was" : "answer"))));
        }

        @Override
        public Flux<ChatResponse> stream(Prompt prompt) {
            ChatResponse onlyUsage = new ChatResponse( // as from OpenAI
                    List.of(),
                    ChatResponseMetadata.builder().usage(new DefaultUsage(1, 1)).build());
            return Flux.defer(() -> Flux.just(call(prompt), onlyUsage));
        }
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
                        "background",
                        "true",
                        "spring-ai.default-advisor",
                        "none",
                        "spring-ai.keep-all-messages",
                        "false",
                        "spring-ai.session-service-agent",
                        "the default advisor's, or the only agent",
                        "spring-ai.clear-tool-results",
                        "true",
                        "spring-ai.clear-old-tool-results",
                        "false"))
                .containsEntry("spring-ai.share", "" + ChatMemoryCompactor.DEFAULT_SHARE)
                .containsKey("store") // and the others for replicas, in a row that leads to their own page
                .hasSize(19)
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
                        "max-background",
                        "" + CompactionTemplate.DEFAULT_MAX_BACKGROUND,
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
        measured.add("spring-ai.share");

        assertThat(minimums().map(setting -> setting.get()[0])).containsExactlyInAnyOrderElementsOf(measured);
    }

    /**
     * For all agents and, where it may be set for one, for one: the minimum starts, with a compactor, so that a template has
     * it; what is below does not.
     */
    @ParameterizedTest
    @MethodSource("minimums")
    void settingsTable_minimumIsAcceptedAndNothingBelow(String setting, String minimum) {
        Range range = Range.of(minimum);
        List<String> keys = setting.startsWith("spring-ai.")
                ? List.of("compaction." + setting)
                : List.of("compaction." + setting, "compaction.agents.planner." + setting);
        for (String key : keys) {
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
        CompactionMetrics metrics = new CompactionMetrics(() -> List.of(state));
        metrics.bindTo(registry);
        CompactionListener store = metrics.listener(state.agent());
        for (StoreOperation operation : StoreOperation.values()) {
            for (StoreOutcome outcome : StoreOutcome.values()) {
                store.storeCalled(state.agent(), operation, outcome, Duration.ZERO);
            }
        }
        store.storeUnavailable(state.agent(), "s");
        store.leaseLost(state.agent(), "s");
        store.waitGivenUp(state.agent(), "s", Duration.ZERO, GiveUpReason.UNAVAILABLE);
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

    /** The one block of code that has this in it. */
    private static String block(String part) {
        List<String> found =
                blocks("java").stream().filter(block -> block.contains(part)).toList();
        assertThat(found).as(part).hasSize(1);
        return found.get(0);
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
