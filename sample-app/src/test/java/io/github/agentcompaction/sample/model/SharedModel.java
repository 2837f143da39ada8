package io.github.agentcompaction.sample.model;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;

/** The embedded model in the process of a test, for samples in processes of their own: it sees what all of them ask. */
public final class SharedModel implements AutoCloseable {

    private final ModelProbe probe = new ModelProbe();
    private final EmbeddedModel server = new EmbeddedModel(probe, new ModelPace(Duration.ZERO, Duration.ofMillis(300)));

    /** Starts it. {@return the base URL for a client} */
    public URI start() throws IOException {
        return server.start();
    }

    public ModelProbe probe() {
        return probe;
    }

    @Override
    public void close() {
        server.close();
    }
}
