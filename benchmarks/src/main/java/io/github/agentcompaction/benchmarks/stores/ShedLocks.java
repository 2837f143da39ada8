package io.github.agentcompaction.benchmarks.stores;

import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import java.time.Instant;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.provider.jdbctemplate.JdbcTemplateLockProvider;
import net.javacrumbs.shedlock.provider.jdbctemplate.JdbcTemplateLockProvider.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** ShedLock's JDBC provider on the database's clock. It does not wait. */
final class ShedLocks implements LockPeer {

    private static final Duration AT_MOST = Duration.ofSeconds(30);

    private final HikariDataSource pool;
    private final JdbcTemplateLockProvider provider;

    ShedLocks(String schema) {
        pool = Postgres.pool(schema);
        provider = new JdbcTemplateLockProvider(Configuration.builder()
                .withJdbcTemplate(new JdbcTemplate(pool))
                .usingDbTime()
                .build());
    }

    @Override
    public Runnable acquire(String session) {
        return provider.lock(new LockConfiguration(Instant.now(), session, AT_MOST, Duration.ZERO))
                .orElseThrow(() -> new IllegalStateException("the lock is held"))::unlock;
    }

    @Override
    public void close() {
        pool.close();
    }
}
