package io.github.agentcompaction.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Talks to a running sample over HTTP, as a user would. */
public final class SampleClient {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http = HttpClient.newHttpClient();
    private final URI base;

    public SampleClient(int port) {
        this.base = URI.create("http://127.0.0.1:" + port);
    }

    public JsonNode send(String session, Map<String, ?> message) throws IOException, InterruptedException {
        return body(http.send(message(session, message), BodyHandlers.ofString()));
    }

    public CompletableFuture<JsonNode> sendAsync(String session, Map<String, ?> message) {
        return http.sendAsync(message(session, message), BodyHandlers.ofString())
                .thenApply(SampleClient::body);
    }

    public Response post(String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                request(path)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        return new Response(response.statusCode(), contentType(response), response.body());
    }

    public Response get(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(request(path).build(), BodyHandlers.ofString());
        return new Response(response.statusCode(), contentType(response), response.body());
    }

    /** The messages of a session, each as "role: text". */
    public List<String> messages(String session, String agent) throws IOException, InterruptedException {
        return messages(session, agent, true);
    }

    public List<String> messages(String session, String agent, boolean coordinated)
            throws IOException, InterruptedException {
        JsonNode conversation = get("/sessions/" + session + "?agent=" + agent + "&coordinated=" + coordinated)
                .json();
        return conversation
                .path("messages")
                .valueStream()
                .map(message -> message.path("role").asString() + ": "
                        + message.path("text").asString())
                .toList();
    }

    /** A meter's count, 0 if there is no such meter yet. */
    public double count(String meter, String... tags) throws IOException, InterruptedException {
        Response response = get("/actuator/metrics/" + meter + "?tag=" + String.join("&tag=", tags));
        return response.status == 404
                ? 0
                : response.json().path("measurements").path(0).path("value").asDouble();
    }

    private HttpRequest message(String session, Map<String, ?> message) {
        return request("/sessions/" + session + "/messages")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(JSON.writeValueAsString(message)))
                .build();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(Duration.ofMinutes(1));
    }

    private static JsonNode body(HttpResponse<String> response) {
        if (response.statusCode() != 200) {
            throw new AssertionError("HTTP " + response.statusCode() + ": " + response.body());
        }
        return JSON.readTree(response.body());
    }

    private static String contentType(HttpResponse<String> response) {
        return response.headers().firstValue("Content-Type").orElse("");
    }

    public record Response(int status, String contentType, String body) {

        public JsonNode json() {
            return JSON.readTree(body);
        }
    }
}
