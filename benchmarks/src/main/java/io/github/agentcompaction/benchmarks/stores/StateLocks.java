package io.github.agentcompaction.benchmarks.stores;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.redis.RedisStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** This project's locks over one of its stores: as a task uses them, with the local queue, renewal and fence. */
final class StateLocks implements LockPeer {

    /** A busy machine takes seconds to load what a first connection needs. */
    private static final Duration PATIENT = Duration.ofSeconds(10);

    private final SessionCompactionState state;
    private final Runnable close;

    private StateLocks(SessionCompactionState state, Runnable close) {
        this.state = state;
        this.close = close;
    }

    static LockPeer redis(int port) {
        LettuceConnectionFactory connections = SpringLocks.connections(port);
        RedisStore store =
                RedisStore.builder(connections).commandTimeout(PATIENT).build();
        return new StateLocks(
                SessionCompactionState.builder().store(store.agent("default")).build(), () -> {
                    store.close();
                    connections.destroy();
                });
    }

    static LockPeer jdbc(String schema) {
        HikariDataSource pool = Postgres.pool(schema);
        JdbcStore store = JdbcStore.builder(pool, new JdbcTransactionManager(pool))
                .commandTimeout(PATIENT)
                .build();
        store.initialize();
        return new StateLocks(
                SessionCompactionState.builder().store(store.agent("default")).build(), () -> {
                    store.close();
                    pool.close();
                });
    }

    @Override
    public Runnable acquire(String session) throws InterruptedException {
        return state.getLock(session).acquire()::close;
    }

    @Override
    public Waiting await(String session) {
        CompletableFuture<SessionLock.Lease> lease = state.getLock(session).acquireAsync();
        return new Waiting(
                lease.thenApply(held -> {
                    long now = Clock.micros();
                    held.close();
                    return now;
                }),
                () -> lease.cancel(true));
    }

    @Override
    public void close() {
        close.run();
    }
}
