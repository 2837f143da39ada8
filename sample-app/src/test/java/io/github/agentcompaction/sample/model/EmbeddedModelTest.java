package io.github.agentcompaction.sample.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The embedded model on the wire: what OpenAI would send. */
class EmbeddedModelTest {

    private final EmbeddedModel embedded =
            new EmbeddedModel(new SmallWindowModel(), new ModelPace(Duration.ZERO, Duration.ZERO));
    private URI base;

    @BeforeEach
    void start() throws Exception {
        base = embedded.start();
    }

    @AfterEach
    void stop() {
        embedded.close();
    }

    @Test
    void start_opensOneLoopbackPort() throws Exception {
        assertThat(InetAddress.getByName(base.getHost()).isLoopbackAddress()).isTrue();
        assertThat(embedded.start()).isEqualTo(base);
        assertThat(embedded.isRunning()).isTrue();
    }

    @Test
    void close_endsIt() {
        embedded.close();

        assertThat(embedded.isRunning()).isFalse();
    }

    @Test
    void completion_hasAnswerAndUsage() throws Exception {
        HttpResponse<String> response = post("/chat/completions", """
                {"model": "any", "messages": [
                  {"role": "system", "content": "Be brief."},
                  {"role": "user", "content": [{"type": "text", "text": "Hello"}]}]}""");

        assertThat(response.statusCode()).isEqualTo(200);
        JsonNode completion = json(response);
        assertThat(completion.path("object").asString()).isEqualTo("chat.completion");
        assertThat(completion.path("model").asString()).isEqualTo("any");
        assertThat(completion.at("/choices/0/message").toString())
                .contains("\"role\":\"assistant\"")
                .contains("On \\\"Hello\\\": I read 0 messages before it.");
        assertThat(completion.at("/choices/0/finish_reason").asString()).isEqualTo("stop");
        assertThat(completion.at("/usage/prompt_tokens").asInt()).isEqualTo(4);
    }

    @Test
    void overlongConversation_getsTheProvidersError() throws Exception {
        HttpResponse<String> response = post(
                "/chat/completions",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]}".formatted("x".repeat(8_100)));

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response)).isEqualTo(JsonMapper.shared().readTree("""
                        {"error": {
                          "message": "This model's maximum context length is 2000 tokens. However, your messages resulted in 2025 tokens. Please reduce the length of the messages.",
                          "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"}}"""));
    }

    @Test
    void whatItCannotDo_isRefused() throws Exception {
        assertThat(post("/chat/completions", "{").statusCode()).isEqualTo(400);
        assertThat(post("/chat/completions", "{\"stream\": true}").statusCode()).isEqualTo(400);
        assertThat(post("/embeddings", "{}").statusCode()).isEqualTo(404);
        assertThat(send(HttpRequest.newBuilder(URI.create(base + "/chat/completions")))
                        .statusCode())
                .isEqualTo(405);
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(base + path)).POST(BodyPublishers.ofString(body)));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response) {
        return JsonMapper.shared().readTree(response.body());
    }
}
