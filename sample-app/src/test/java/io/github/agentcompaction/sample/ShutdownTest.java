package io.github.agentcompaction.sample;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.sample.model.ModelProbe;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** The sample is stopped while a request runs. */
class ShutdownTest {

    @Test
    void runningRequest_isAnsweredBeforeTheSampleEnds() throws Exception {
        ConfigurableApplicationContext sample = new SpringApplicationBuilder(SampleApplication.class, ModelProbe.class)
                .properties("logging.level.root=warn")
                .run("--server.port=0", "--" + SampleTest.DATABASE_IN_MEMORY);
        int port = sample.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch stopping = new CountDownLatch(1);
        sample.getBean(ModelProbe.class).before(question -> {
            asked.countDown();
            awaitLatch(stopping);
        });
        CompletableFuture<JsonNode> reply =
                new SampleClient(port).sendAsync("last", Map.of("text", "Still there?", "subtasks", 2));
        awaitLatch(asked);

        CompletableFuture<Void> closed = CompletableFuture.runAsync(sample::close);
        await().atMost(Duration.ofMinutes(1)).until(() -> refusesConnections(port));
        stopping.countDown();

        assertThat(reply.get(60, SECONDS).path("answer").asString())
                .isEqualTo("On \"Still there?\": I read 0 messages before it.");
        closed.get(60, SECONDS);
    }

    @Test
    void openEventStream_doesNotHoldUpTheEnd() throws Exception {
        ConfigurableApplicationContext sample = new SpringApplicationBuilder(SampleApplication.class)
                .properties("logging.level.root=warn")
                .run("--server.port=0", "--" + SampleTest.DATABASE_IN_MEMORY);
        int port = sample.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
        URI events = URI.create("http://127.0.0.1:" + port + "/sessions/quiet/events");
        try (InputStream stream = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(events).build(), BodyHandlers.ofInputStream())
                .body()) {
            assertThat(stream.read()).isEqualTo(':'); // connected

            CompletableFuture<Void> closed = CompletableFuture.runAsync(sample::close);

            closed.get(15, SECONDS); // half of what the web server would wait
            stream.readAllBytes(); // up to the end
        }
    }

    private static boolean refusesConnections(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return !socket.isConnected();
        } catch (ConnectException e) {
            return true;
        }
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
