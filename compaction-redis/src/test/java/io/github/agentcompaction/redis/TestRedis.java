package io.github.agentcompaction.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** A Redis of a test class, without any data at the start of each test. */
final class TestRedis implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

    static final String HOST = RedisProcess.HOST;

    private final RedisProcess server;
    private final List<AutoCloseable> ofTest = new ArrayList<>();

    private int classes;
    private @Nullable RedisClient adminClient;
    private @Nullable StatefulRedisConnection<String, String> admin;

    TestRedis(String... options) {
        this.server = new RedisProcess(options);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        if (classes++ == 0) { // nested classes come here, too
            start();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        if (!server.isStarted()) {
            start();
        }
        admin().flushall();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        resume();
        for (int i = ofTest.size() - 1; i >= 0; i--) {
            ofTest.get(i).close();
        }
        ofTest.clear();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (--classes > 0) {
            return;
        }
        stop();
        if (adminClient != null) {
            adminClient.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    int port() {
        return server.port();
    }

    /** {@return commands for the test itself} */
    RedisCommands<String, String> admin() {
        return adminConnection().sync();
    }

    private StatefulRedisConnection<String, String> adminConnection() {
        if (admin == null) {
            RedisURI uri = RedisURI.create(HOST, port());
            adminClient = RedisClient.create(Connections.RESOURCES, uri);
            admin = adminClient.connect();
        }
        return admin;
    }

    /** {@return a started factory, which is closed after the test} */
    LettuceConnectionFactory connections() {
        return connections(port());
    }

    LettuceConnectionFactory connections(int toPort) {
        return closedAfterTest(Connections.to(toPort));
    }

    /** {@return a store that is closed after the test, with connections of its own: a replica} */
    RedisStore replica() {
        return replica(connections());
    }

    /** {@return a store that is patient, so that a machine under load is no failure} */
    RedisStore replica(ReactiveRedisConnectionFactory connections) {
        return replica(connections, Duration.ofSeconds(15));
    }

    RedisStore replica(ReactiveRedisConnectionFactory connections, Duration commandTimeout) {
        return closedAfterTest(RedisStore.builder(connections)
                .namespace("test")
                .commandTimeout(commandTimeout)
                .build());
    }

    <T extends AutoCloseable> T closedAfterTest(T resource) {
        ofTest.add(resource);
        return resource;
    }

    LettuceConnectionFactory closedAfterTest(LettuceConnectionFactory connections) {
        ofTest.add(connections::destroy);
        return connections;
    }

    /** {@return how many connections have subscribed this channel here} */
    long subscribers(String channel) {
        return admin().pubsubNumsub(channel).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    void start() {
        server.start();
    }

    /** Ends the server at once; all data are lost. */
    void stop() {
        server.stop();
    }

    /** Freezes the server: it keeps its connections, and answers nothing. */
    void freeze() {
        server.signal("-STOP");
    }

    void resume() {
        if (server.isStarted()) {
            server.signal("-CONT");
        }
    }
}
