package io.github.agentcompaction.benchmarks.stores;

import java.util.Locale;
import org.springframework.integration.redis.util.RedisLockRegistry.RedisLockType;

/** The locks that are compared. */
enum Peer {
    REDIS_STORE("RedisStore"),
    REDISSON("Redisson RFencedLock"),
    SPRING_REDIS_SIGNALS("Spring RedisLockRegistry, pub/sub"),
    SPRING_REDIS_SPIN("Spring RedisLockRegistry, spin"),
    JDBC_STORE("JdbcStore"),
    SPRING_JDBC("Spring JdbcLockRegistry"),
    SHEDLOCK("ShedLock JDBC");

    final String title;

    Peer(String title) {
        this.title = title;
    }

    boolean isRedis() {
        return ordinal() < JDBC_STORE.ordinal();
    }

    /** {@return whether it waits for a lock that is held} ShedLock only says that it is. */
    boolean waits() {
        return this != SHEDLOCK;
    }

    LockPeer open(Servers servers) {
        return switch (this) {
            case REDIS_STORE -> StateLocks.redis(servers.redisPort());
            case REDISSON -> new RedissonLocks(servers.redisPort());
            case SPRING_REDIS_SIGNALS -> SpringLocks.redis(servers.redisPort(), RedisLockType.PUB_SUB_LOCK);
            case SPRING_REDIS_SPIN -> SpringLocks.redis(servers.redisPort(), RedisLockType.SPIN_LOCK);
            case JDBC_STORE -> StateLocks.jdbc(servers.schema());
            case SPRING_JDBC -> SpringLocks.jdbc(servers.schema());
            case SHEDLOCK -> new ShedLocks(servers.schema());
        };
    }

    /** {@return its name for sessions, so that no two peers share a key} */
    String session(Object which) {
        return name().toLowerCase(Locale.ROOT) + "-" + which;
    }
}
