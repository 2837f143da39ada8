package io.github.agentcompaction.benchmarks.stores;

import com.zaxxer.hikari.HikariDataSource;
import java.util.concurrent.locks.Lock;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.integration.jdbc.lock.DefaultLockRepository;
import org.springframework.integration.jdbc.lock.JdbcLockRegistry;
import org.springframework.integration.redis.util.RedisLockRegistry;
import org.springframework.integration.redis.util.RedisLockRegistry.RedisLockType;
import org.springframework.integration.support.locks.LockRegistry;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** The locks of Spring Integration, as their documentation sets them up. */
final class SpringLocks implements LockPeer {

    private final LockRegistry<?> registry;
    private final Runnable close;

    private SpringLocks(LockRegistry<?> registry, Runnable close) {
        this.registry = registry;
        this.close = close;
    }

    static LockPeer redis(int port, RedisLockType type) {
        LettuceConnectionFactory connections = connections(port);
        RedisLockRegistry registry = new RedisLockRegistry(connections, "spring-" + type);
        registry.setRedisLockType(type);
        return new SpringLocks(registry, () -> {
            registry.destroy();
            connections.destroy();
        });
    }

    static LockPeer jdbc(String schema) {
        HikariDataSource pool = Postgres.pool(schema);
        DefaultLockRepository repository = new DefaultLockRepository(pool);
        repository.setTransactionManager(new JdbcTransactionManager(pool));
        repository.afterPropertiesSet();
        repository.afterSingletonsInstantiated();
        repository.start();
        return new SpringLocks(new JdbcLockRegistry(repository), () -> {
            repository.close();
            pool.close();
        });
    }

    static LettuceConnectionFactory connections(int port) {
        LettuceConnectionFactory connections =
                new LettuceConnectionFactory(new RedisStandaloneConfiguration("127.0.0.1", port));
        connections.afterPropertiesSet();
        connections.start();
        return connections;
    }

    @Override
    public Runnable acquire(String session) throws InterruptedException {
        Lock lock = registry.obtain(session);
        lock.lockInterruptibly();
        return lock::unlock;
    }

    @Override
    public void close() {
        close.run();
    }
}
