package io.github.agentcompaction.sample.model;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.agentcompaction.sample.model.SmallWindowModel.Turn;
import io.github.agentcompaction.sample.model.SmallWindowModel.WindowExceededException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Serves the {@link SmallWindowModel} on the loopback interface in the format of OpenAI's chat completions, errors
 * included, so that the sample needs neither key nor network.
 *
 * <p>It has a port of its own: the model's client needs the port before the web server has one, and the model must answer
 * longer than the web server accepts requests. It runs only once it is {@linkplain #start() started}.
 */
@Component
final class EmbeddedModel implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedModel.class);
    private static final String COMPLETIONS = "/v1/chat/completions";

    private final SmallWindowModel model;
    private final ModelPace pace;
    private final JsonMapper json = JsonMapper.builder().build();
    private @Nullable HttpServer server;
    private @Nullable ExecutorService threads;

    EmbeddedModel(SmallWindowModel model, ModelPace pace) {
        this.model = model;
        this.pace = pace;
    }

    /** Starts the server on a free port, unless it runs already. {@return the base URL for a client} */
    synchronized URI start() throws IOException {
        HttpServer running = server;
        if (running == null) {
            running = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            threads = Executors.newCachedThreadPool();
            running.setExecutor(threads);
            running.createContext("/", this::handle);
            running.start();
            server = running;
            LOG.info(
                    "No model is configured: using the embedded one, with a window of {} tokens, on port {}",
                    SmallWindowModel.WINDOW,
                    running.getAddress().getPort());
        }
        InetSocketAddress address = running.getAddress();
        return URI.create("http://" + address.getAddress().getHostAddress() + ":" + address.getPort() + "/v1");
    }

    synchronized boolean isRunning() {
        return server != null;
    }

    @Override
    public synchronized void close() {
        if (server != null && threads != null) {
            server.stop(0);
            threads.shutdown();
        }
        server = null;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Response response = respond(exchange);
            byte[] body = json.writeValueAsBytes(response.body);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(response.status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private Response respond(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestURI().getPath().equals(COMPLETIONS)) {
            return error(404, "Unknown request URL: " + exchange.getRequestURI().getPath() + ".", null);
        }
        if (!exchange.getRequestMethod().equals("POST")) {
            return error(405, "Only POST is accepted here.", null);
        }
        try {
            JsonNode request = json.readTree(exchange.getRequestBody());
            if (request.path("stream").asBoolean(false)) {
                return error(400, "The embedded model does not stream.", "unsupported_value");
            }
            List<Turn> conversation = conversation(request);
            pace.think(conversation);
            return completion(request.path("model").asString("embedded"), conversation, model.answer(conversation));
        } catch (JacksonException e) {
            return error(400, "We could not parse the JSON body of your request.", null);
        } catch (WindowExceededException e) {
            return error(400, String.valueOf(e.getMessage()), "context_length_exceeded");
        }
    }

    private static List<Turn> conversation(JsonNode request) {
        List<Turn> conversation = new ArrayList<>();
        for (JsonNode message : request.path("messages")) {
            conversation.add(new Turn(message.path("role").asString(""), text(message.path("content"))));
        }
        return conversation;
    }

    /** A message's content is a text, or a list of parts that have one. */
    private static String text(JsonNode content) {
        if (!content.isArray()) {
            return content.asString("");
        }
        return content.valueStream().map(part -> part.path("text").asString("")).collect(Collectors.joining());
    }

    private Response completion(String model, List<Turn> conversation, String answer) {
        int promptTokens = SmallWindowModel.tokens(conversation);
        int answerTokens = SmallWindowModel.tokens(List.of(new Turn("assistant", answer)));
        ObjectNode body = json.createObjectNode()
                .put("id", "chatcmpl-embedded")
                .put("object", "chat.completion")
                .put("created", 0)
                .put("model", model);
        ObjectNode choice = body.putArray("choices").addObject().put("index", 0).put("finish_reason", "stop");
        choice.putObject("message").put("role", "assistant").put("content", answer);
        body.putObject("usage")
                .put("prompt_tokens", promptTokens)
                .put("completion_tokens", answerTokens)
                .put("total_tokens", promptTokens + answerTokens);
        return new Response(200, body);
    }

    private Response error(int status, String message, @Nullable String code) {
        ObjectNode body = json.createObjectNode();
        body.putObject("error")
                .put("message", message)
                .put("type", "invalid_request_error")
                .put("param", code == null ? null : "messages")
                .put("code", code);
        return new Response(status, body);
    }

    private record Response(int status, JsonNode body) {}
}
