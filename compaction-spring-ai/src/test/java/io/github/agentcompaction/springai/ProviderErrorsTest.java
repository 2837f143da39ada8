package io.github.agentcompaction.springai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpServer;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.ContextLimitErrors;
import io.github.agentcompaction.SessionCompactionState;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.ai.retry.TransientAiException;

/**
 * The providers' error answers, shaped as they send them, through Spring AI's own OpenAI client and as the exceptions of
 * its other modules: every context limit is recognized, and nothing else is.
 */
@Timeout(60)
class ProviderErrorsTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static final String ANSWER = """
            {"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",\
            "message":{"role":"assistant","content":"hello"}}]}""";

    private static final String STREAM = """
            data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":\
            {"role":"assistant","content":"hello"},"finish_reason":null}]}

            data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},\
            "finish_reason":"stop"}]}

            data: [DONE]

            """;

    private final ConcurrentLinkedDeque<Answer> answers = new ConcurrentLinkedDeque<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server = serverOnLoopback();

    private static HttpServer serverOnLoopback() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void start() {
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            requests.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            Answer answer = Objects.requireNonNull(answers.poll(), "asked more often than the test expects");
            exchange.getResponseHeaders().add("Content-Type", answer.type);
            byte[] body = answer.body.getBytes(UTF_8);
            exchange.sendResponseHeaders(answer.status, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private OpenAiChatModel openAi() {
        return OpenAiChatModel.builder()
                .options(OpenAiChatOptions.builder()
                        .baseUrl("http://127.0.0.1:" + server.getAddress().getPort() + "/v1")
                        .apiKey("none")
                        .model("m")
                        .maxRetries(0)
                        .timeout(LIMIT)
                        .build())
                .build();
    }

    static Stream<Answer> contextLimits() {
        return answersIn("context-limit");
    }

    static Stream<Answer> otherErrors() {
        return Stream.concat(answersIn("rate-limit"), answersIn("other"));
    }

    @ParameterizedTest
    @MethodSource("contextLimits")
    void call_contextLimit_isOne(Answer answer) {
        assertThat(whileCalling(answer)).matches(ContextLimitErrors::isContextLimit);
    }

    @ParameterizedTest
    @MethodSource("otherErrors")
    void call_anotherError_isNone(Answer answer) {
        assertThat(whileCalling(answer)).matches(failure -> !ContextLimitErrors.isContextLimit(failure));
    }

    @ParameterizedTest
    @MethodSource("contextLimits")
    void stream_contextLimit_isOne(Answer answer) {
        assertThat(whileStreaming(answer)).matches(ContextLimitErrors::isContextLimit);
    }

    @ParameterizedTest
    @MethodSource("otherErrors")
    void stream_anotherError_isNone(Answer answer) {
        assertThat(whileStreaming(answer)).matches(failure -> !ContextLimitErrors.isContextLimit(failure));
    }

    static Stream<Answer> contextLimitsInOpenAisForm() {
        return contextLimits().filter(Answer::isInOpenAisForm);
    }

    static Stream<Answer> otherErrorsInOpenAisForm() {
        return otherErrors().filter(Answer::isInOpenAisForm);
    }

    /** The status was sent before the error was known. */
    @ParameterizedTest
    @MethodSource("contextLimitsInOpenAisForm")
    void stream_contextLimitAsAnEvent_isOne(Answer answer) {
        assertThat(whileStreaming(answer.asEvent())).matches(ContextLimitErrors::isContextLimit);
    }

    @ParameterizedTest
    @MethodSource("otherErrorsInOpenAisForm")
    void stream_anotherErrorAsAnEvent_isNone(Answer answer) {
        assertThat(whileStreaming(answer.asEvent())).matches(failure -> !ContextLimitErrors.isContextLimit(failure));
    }

    private Throwable whileCalling(Answer answer) {
        answers.add(answer);
        return failure(() -> openAi().call(new Prompt("hi")));
    }

    private Throwable whileStreaming(Answer answer) {
        answers.add(answer);
        return failure(() -> openAi().stream(new Prompt("hi")).blockLast(LIMIT));
    }

    private static Throwable failure(ThrowableAssert.ThrowingCallable call) {
        return Objects.requireNonNull(catchThrowable(call), "no failure");
    }

    /** As Spring AI's modules with a client of their own report them: Mistral, Ollama, DeepSeek and others. */
    @ParameterizedTest
    @MethodSource("contextLimits")
    void exceptionOfSpringAi_contextLimit_isOne(Answer answer) {
        assertThat(answer.asExceptions()).allMatch(ContextLimitErrors::isContextLimit);
    }

    @ParameterizedTest
    @MethodSource("otherErrors")
    void exceptionOfSpringAi_anotherError_isNone(Answer answer) {
        assertThat(answer.asExceptions()).noneMatch(ContextLimitErrors::isContextLimit);
    }

    // All the way

    private final CompactedMemory memory = new CompactedMemory();
    private final SessionCompactionState state =
            SessionCompactionState.builder().agent("planner").build();

    private ChatClient.ChatClientRequestSpec ask() {
        memory.fill("s", 10);
        return ChatClient.builder(openAi())
                .defaultAdvisors(
                        CompactionAdvisor.builder(
                                        CompactionTemplate.builder(state, memory)
                                                .build(),
                                        memory)
                                .build(),
                        MessageChatMemoryAdvisor.builder(memory).build())
                .build()
                .prompt()
                .user("new?")
                .advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"));
    }

    @Test
    void call_throughTheAdvisor_recovers() {
        answers.add(answer("context-limit", "openai"));
        answers.add(new Answer("ok", 200, "application/json", ANSWER));

        assertThat(ask().call().content()).isEqualTo("hello");
        assertThat(requests).hasSize(2);
        assertThat(requests.get(1)).contains("summary 1", "new?").doesNotContain("question  10");
    }

    @Test
    void stream_throughTheAdvisor_recovers() {
        answers.add(answer("context-limit", "openai"));
        answers.add(new Answer("ok", 200, "text/event-stream", STREAM));

        assertThat(ask().stream().content().collectList().block(LIMIT)).containsExactly("hello");
        assertThat(requests).hasSize(2);
        assertThat(requests.get(1)).contains("summary 1", "new?").doesNotContain("question  10");
    }

    @Test
    void call_rateLimitThroughTheAdvisor_isTheCallers() {
        answers.add(answer("rate-limit", "groq"));

        assertThat(failure(() -> ask().call().content()).getClass().getPackageName())
                .isEqualTo("com.openai.errors");
        assertThat(requests).hasSize(1);
        assertThat(memory.compactions).hasValue(0);
    }

    // The answers: a line with status and type, an empty line, and the body

    private static Answer answer(String kind, String provider) {
        return answersIn(kind)
                .filter(answer -> answer.name.equals(kind + " " + provider))
                .findFirst()
                .orElseThrow();
    }

    private static Stream<Answer> answersIn(String kind) {
        URL folder = Objects.requireNonNull(ProviderErrorsTest.class.getResource("/provider-errors/" + kind));
        try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
            return files.sorted().map(file -> Answer.read(kind, file)).toList().stream();
        } catch (IOException | URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private record Answer(String name, int status, String type, String body) {

        static Answer read(String kind, Path file) {
            try {
                List<String> lines = Files.readAllLines(file);
                String[] head = lines.get(0).split(" ");
                return new Answer(
                        kind + " " + file.getFileName().toString().replace(".txt", ""),
                        Integer.parseInt(head[0]),
                        head[1],
                        String.join("\n", lines.subList(2, lines.size())));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        /** Others have no such events, or OpenAI's SDK does not read them. */
        boolean isInOpenAisForm() {
            return body.matches("(?s)\\{\\s*(\"type\": \"error\", )?\"error\".*");
        }

        Answer asEvent() {
            return new Answer(name, 200, "text/event-stream", "data: " + body.replaceAll("\\s*\n\\s*", "") + "\n\n");
        }

        List<Throwable> asExceptions() {
            String message = "HTTP " + status + " - " + body;
            RuntimeException thrown =
                    status < 500 ? new NonTransientAiException(message) : new TransientAiException(message);
            return List.of(
                    thrown,
                    new IllegalStateException("Stream processing failed", thrown),
                    new CompletionException(new IllegalStateException("Stream processing failed", thrown)));
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
