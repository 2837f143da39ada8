package io.github.agentcompaction.sample.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.github.agentcompaction.ContextLimitErrors;
import io.github.agentcompaction.sample.SampleApplication;
import io.github.agentcompaction.sample.SampleClient;
import io.github.agentcompaction.sample.SampleTest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** Which model the sample talks to: its own, or the one that two properties name. */
class ModelConnectionTest {

    @Test
    void nothingConfigured_embeddedModelAnswers() {
        try (ConfigurableApplicationContext sample = start()) {
            assertThat(sample.getBean(EmbeddedModel.class).isRunning()).isTrue();
            assertThat(ask(sample, "Hello")).isEqualTo("On \"Hello\": I read 0 messages before it.");
        }
    }

    @Test
    void embeddedModel_endsWithTheSample() {
        ConfigurableApplicationContext sample = start();
        EmbeddedModel embedded = sample.getBean(EmbeddedModel.class);

        sample.close();

        assertThat(embedded.isRunning()).isFalse();
    }

    @Test
    void overlongPrompt_isRecognizedAsContextLimit_throughTheRealClient() {
        try (ConfigurableApplicationContext sample = start()) {
            assertThatThrownBy(() -> ask(sample, "x".repeat(9_000)))
                    .satisfies(error ->
                            assertThat(ContextLimitErrors.isContextLimit(error)).isTrue());
        }
    }

    @Test
    void endpointConfigured_itIsAskedWithTheKey_andTheEmbeddedModelDoesNotStart() throws Exception {
        List<String> keys = new CopyOnWriteArrayList<>();
        HttpServer endpoint = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        endpoint.createContext("/v1/chat/completions", exchange -> {
            keys.add(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = """
                    {"id": "1", "object": "chat.completion", "created": 0, "model": "real", "choices": [
                      {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "From outside"}}]}""".getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        endpoint.start();
        String baseUrl = "http://127.0.0.1:" + endpoint.getAddress().getPort() + "/v1";
        try (ConfigurableApplicationContext sample =
                start("--spring.ai.openai.base-url=" + baseUrl, "--spring.ai.openai.api-key=secret")) {
            assertThat(ask(sample, "Hello")).isEqualTo("From outside");
            assertThat(keys).containsExactly("Bearer secret");
            assertThat(sample.getBean(EmbeddedModel.class).isRunning()).isFalse();
        } finally {
            endpoint.stop(0);
        }
    }

    @Test
    void endpointThatIsNotThere_isBadGateway() throws Exception {
        try (ConfigurableApplicationContext sample = new SpringApplicationBuilder(SampleApplication.class)
                .properties("logging.level.root=error")
                .run(
                        "--server.port=0",
                        "--" + SampleTest.DATABASE_IN_MEMORY,
                        "--spring.ai.openai.base-url=http://127.0.0.1:1/v1",
                        "--spring.ai.openai.api-key=secret",
                        "--spring.ai.openai.max-retries=0")) {
            int port = sample.getEnvironment().getRequiredProperty("local.server.port", Integer.class);

            SampleClient.Response response =
                    new SampleClient(port).post("/sessions/lonely/messages", "{\"text\": \"Hello\"}");

            assertThat(response.status()).isEqualTo(502);
            assertThat(response.json().path("detail").asString()).isEqualTo("The model could not be asked.");
        }
    }

    private static ConfigurableApplicationContext start(String... args) {
        return new SpringApplicationBuilder(SampleApplication.class)
                .web(WebApplicationType.NONE)
                .properties("logging.level.root=warn")
                .run(concat("--" + SampleTest.DATABASE_IN_MEMORY, args));
    }

    private static String[] concat(String first, String... others) {
        List<String> all = new ArrayList<>(List.of(others));
        all.add(first);
        return all.toArray(String[]::new);
    }

    private static String ask(ConfigurableApplicationContext sample, String question) {
        return String.valueOf(sample.getBean(ChatClient.Builder.class)
                .build()
                .prompt()
                .user(question)
                .call()
                .content());
    }
}
