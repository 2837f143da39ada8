package io.github.agentcompaction.replicas;

import io.github.agentcompaction.redis.RedisProcess;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A Redis of the test's own. Keeps nothing on disk. */
final class RedisServer implements TestServer {

    private final String sessions = "r" + UUID.randomUUID().toString().substring(0, 8) + "-s";
    private final RedisProcess server = new RedisProcess();
    private final RedisClient client;

    RedisServer() {
        server.start();
        client = RedisClient.create(RedisURI.create("127.0.0.1", server.port()));
    }

    @Override
    public Map<String, String> settings() {
        return Map.of("redis", "" + server.port());
    }

    @Override
    public String sessions() {
        return sessions;
    }

    @Override
    public List<String> history(String session) {
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            return connection.sync().lrange(RedisHistory.key(session), 0, -1);
        }
    }

    /** All data are lost. */
    @Override
    public void restart() {
        server.stop();
        server.start();
    }

    @Override
    public void close() {
        client.shutdown(0, 2, TimeUnit.SECONDS);
        server.stop();
    }
}
