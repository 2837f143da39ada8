package io.github.agentcompaction.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisNode;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** Connection factories as Spring Boot makes them, though they reconnect after a tenth of a second. */
final class Connections {

    static final ClientResources RESOURCES = ClientResources.builder()
            .ioThreadPoolSize(2)
            .computationThreadPoolSize(2)
            .reconnectDelay(Delay.constant(Duration.ofMillis(100)))
            .build();

    private Connections() {}

    static LettuceConnectionFactory to(int port) {
        return to(new RedisStandaloneConfiguration(TestRedis.HOST, port));
    }

    static LettuceConnectionFactory to(int port, String user, String password) {
        RedisStandaloneConfiguration server = new RedisStandaloneConfiguration(TestRedis.HOST, port);
        server.setUsername(user);
        server.setPassword(password);
        return to(server);
    }

    static LettuceConnectionFactory toCluster(Iterable<String> nodes) {
        RedisClusterConfiguration cluster = new RedisClusterConfiguration();
        nodes.forEach(node -> cluster.addClusterNode(RedisNode.fromString(node)));
        return to(cluster);
    }

    private static LettuceConnectionFactory to(RedisConfiguration server) {
        LettuceClientConfiguration client = LettuceClientConfiguration.builder()
                .clientResources(RESOURCES)
                .clientOptions(
                        server instanceof RedisClusterConfiguration
                                ? ClusterClientOptions.create()
                                : ClientOptions.builder()
                                        .socketOptions(SocketOptions.builder()
                                                .connectTimeout(Duration.ofSeconds(10))
                                                .build())
                                        .build())
                .commandTimeout(Duration.ofSeconds(60)) // Boot's default
                .build();
        LettuceConnectionFactory connections = server instanceof RedisClusterConfiguration cluster
                ? new LettuceConnectionFactory(cluster, client)
                : new LettuceConnectionFactory((RedisStandaloneConfiguration) server, client);
        connections.afterPropertiesSet();
        connections.start();
        return connections;
    }
}
