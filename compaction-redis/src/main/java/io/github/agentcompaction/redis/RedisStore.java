package io.github.agentcompaction.redis;

import io.github.agentcompaction.store.HistoryGuard;
import io.github.agentcompaction.store.StoreKeys;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import reactor.core.scheduler.Scheduler;

/**
 * Lets the replicas of an application coordinate over Redis: leases with signals, epochs, and deferred summaries. An
 * application has one, and takes one {@link RedisAgentStore} of it for each agent.
 *
 * <pre>{@code
 * RedisStore store = RedisStore.builder(connectionFactory).namespace("orders").build();
 * RedisAgentStore planner = store.agent("planner");
 * }</pre>
 *
 * <p><b>What is not promised.</b> Redis is not the system that holds the history, so no transaction covers both:
 *
 * <ul>
 *   <li>A holder that was frozen past its lease, by a long pause of its JVM or machine, is told so only after it has gone on.
 *       A write to the history that it sends before that can overwrite the next holder's. Fence and lost lease tell the
 *       compactor; only a history that checks the fence, or its own version, can refuse the write.
 *   <li>The epoch moves after the history was written. A crash between the two costs one more summary, no message.
 *   <li>A replicated Redis fails over to a replica that may not have the newest lease: two holders for a moment, and the
 *       older one's renewal or release then says so. After a loss of all data the first to come goes on.
 * </ul>
 *
 * If the history is in a database, {@code compaction-jdbc} closes these gaps.
 *
 * <p><b>The history.</b> As a {@link HistoryGuard} the store lets the replicas write to a history one after another, by a lease
 * for each write, in whatever system the history is. That holds up to the gaps above, outside of transactions only, since what
 * has not been committed other replicas do not read, and not while Redis is down: then the writes of this process exclude each
 * other, with a warning.
 *
 * <p><b>What is stored.</b> Up to four keys a session, {@code <namespace>:<agent>:{<session>}:lease}, {@code :state},
 * {@code :summary} and {@code :popped}, all with a time to live and, in a cluster, in one slot; names are encoded by
 * {@link StoreKeys}. Two more, {@code <namespace>:~history:..}, are for writes. How many there are is bounded by time alone. Released leases are told on the channel
 * {@code <namespace>:released}.
 *
 * <p><b>What Redis must be.</b> Version 5 or newer, or Valkey; standalone, with sentinels, or a cluster. A user of an access
 * control list needs the keys {@code ~<namespace>:*}, the channel {@code &<namespace>:released}, and these commands:
 *
 * <pre>{@code
 * +eval +evalsha +time +get +set +del +exists +pexpire +pttl +hget +hmget +hset +hdel
 * +publish +subscribe +unsubscribe +ping
 * }</pre>
 *
 * Without the channel all works, and a waiting task polls.
 *
 * <p><b>Outages.</b> A Redis that is down, at the start or later, makes stages fail within about the command timeout, and is
 * used again as soon as Lettuce has reconnected. Lettuce waits longer after each failed attempt, 30 seconds at last; a constant
 * {@code ClientResources.reconnectDelay} of a second or so shortens the time after an outage.
 *
 * <p><b>Thread safety.</b> Safe for use by several threads. The connection factory stays the caller's, who closes it after this.
 */
public final class RedisStore implements HistoryGuard, AutoCloseable {

    /** How long a lease lasts after it was taken or renewed, if not set. */
    public static final Duration DEFAULT_LEASE = Duration.ofSeconds(30);

    /** How long the state of an idle session is kept, and a summary after it was written, if not set. */
    public static final Duration DEFAULT_TIME_TO_LIVE = Duration.ofHours(1);

    /** How long a command may take, if not set. */
    public static final Duration DEFAULT_COMMAND_TIMEOUT = Duration.ofSeconds(2);

    /** After how long a busy lease is asked for again at the latest, if not set. */
    public static final Duration DEFAULT_MAX_POLL = Duration.ofSeconds(1);

    /** No agent's key has a tilde there. */
    private static final String WRITES_KEY = "~history";

    /** A write takes milliseconds, and who waits for a holder that has died waits for so long. */
    private static final Duration WRITE_LEASE = Duration.ofSeconds(5);

    private final Settings settings;
    private final Commands commands;
    private final ReleaseSignals signals;
    private final WriteLeases writes;

    private RedisStore(Builder builder) {
        this.settings = builder.settings();
        Scheduler connecting = StoreThreads.connecting();
        RedisConnectionFactory connections = (RedisConnectionFactory) builder.connections;
        this.commands = new Commands(connections, builder.commandTimeout, connecting);
        this.signals = new ReleaseSignals(connections, settings.namespaceKey + ":released", connecting);
        this.writes = new WriteLeases(new RedisAgentStore(
                settings.forWrites(builder.commandTimeout), WRITES_KEY, settings.timeToLive, commands, signals));
    }

    /**
     * Begins a store.
     *
     * @param connections the connections to Redis, such as a started {@code LettuceConnectionFactory}
     * @return a builder with the defaults
     */
    public static Builder builder(ReactiveRedisConnectionFactory connections) {
        Objects.requireNonNull(
                connections,
                "connections must not be null; pass a ReactiveRedisConnectionFactory, which Lettuce has and Jedis has not");
        if (!(connections instanceof RedisConnectionFactory)) {
            throw new IllegalArgumentException("connections must be a RedisConnectionFactory, too, as a"
                    + " LettuceConnectionFactory is, but were a "
                    + connections.getClass().getName());
        }
        return new Builder(connections);
    }

    /**
     * Gives the store of one agent, whose summaries live as long as this store's time to live.
     *
     * @param agent the agent's name; the same one on all replicas
     * @return the store; agents of other names never meet it
     */
    public RedisAgentStore agent(String agent) {
        return agent(agent, settings.timeToLive);
    }

    /**
     * Gives the store of one agent.
     *
     * @param agent the agent's name; the same one on all replicas
     * @param timeToLive how long a summary is kept after it was written; longer than zero, in milliseconds
     * @return the store; agents of other names never meet it
     */
    public RedisAgentStore agent(String agent, Duration timeToLive) {
        Objects.requireNonNull(agent, "agent must not be null");
        return new RedisAgentStore(
                settings,
                StoreKeys.encode(agent),
                atLeast(Duration.ofMillis(1), timeToLive, "timeToLive"),
                commands,
                signals);
    }

    /**
     * Runs a short read and write of a session's history while no other replica does. Blocks the calling thread meanwhile, for up
     * to twenty seconds where others write or a replica has died in a write.
     */
    @Override
    public <T extends @Nullable Object> T exclusively(String session, Supplier<T> write) {
        Objects.requireNonNull(session, "session must not be null");
        Objects.requireNonNull(write, "write must not be null");
        return writes.exclusively(session, write);
    }

    /** Ends the signals, and lets all commands fail from now on. Does not wait, and gives no lease back. */
    @Override
    public void close() {
        commands.close();
        signals.close();
    }

    @Override
    public String toString() {
        return "RedisStore[" + settings.namespaceKey + ":*]";
    }

    private static Duration atLeast(Duration least, Duration duration, String argument) {
        Objects.requireNonNull(duration, () -> argument + " must not be null");
        if (duration.compareTo(least) < 0 || duration.compareTo(Settings.LONGEST) > 0) {
            throw new IllegalArgumentException(argument + " must be at least " + least + " and at most "
                    + Settings.LONGEST + ", but was " + duration);
        }
        return duration;
    }

    /** What all agents have in common. */
    record Settings(String namespaceKey, Duration lease, Duration timeToLive, Duration maxPoll) {

        /** A thousand years: Redis refuses times that do not fit its clock. */
        static final Duration LONGEST = Duration.ofDays(365_000);

        /** {@return how long the state of a session outlives its last use} It knows the owner of a late lease. */
        Duration idle() {
            Duration least = lease.multipliedBy(10);
            return timeToLive.compareTo(least) < 0 ? least : timeToLive;
        }

        /** {@return the same with a shorter lease, though longer than a command may take} */
        Settings forWrites(Duration commandTimeout) {
            Duration least = commandTimeout.multipliedBy(2);
            Duration shorter = least.compareTo(WRITE_LEASE) > 0 ? least : WRITE_LEASE;
            return new Settings(namespaceKey, shorter.compareTo(lease) < 0 ? shorter : lease, timeToLive, maxPoll);
        }
    }

    /** Builds a {@link RedisStore}. Not thread-safe. */
    public static final class Builder {

        private final ReactiveRedisConnectionFactory connections;
        private String namespace = "default";
        private Duration lease = DEFAULT_LEASE;
        private Duration timeToLive = DEFAULT_TIME_TO_LIVE;
        private Duration commandTimeout = DEFAULT_COMMAND_TIMEOUT;
        private Duration maxPoll = DEFAULT_MAX_POLL;

        private Builder(ReactiveRedisConnectionFactory connections) {
            this.connections = connections;
        }

        /**
         * Names the application, so that several can share a Redis; {@code default} if not set.
         *
         * @param namespace the name, not blank; the same one on all replicas
         * @return this
         */
        public Builder namespace(String namespace) {
            Objects.requireNonNull(namespace, "namespace must not be null");
            if (namespace.isBlank()) {
                throw new IllegalArgumentException("namespace must not be blank; leave it out for 'default'");
            }
            this.namespace = namespace;
            return this;
        }

        /**
         * Sets how long a lease lasts after it was taken or renewed: so long a session stays busy after its holder has crashed.
         *
         * @param lease at least 2 seconds
         * @return this
         */
        public Builder lease(Duration lease) {
            this.lease = atLeast(Duration.ofSeconds(2), lease, "lease");
            return this;
        }

        /**
         * Sets how long the state of a session is kept after its last use, though never less than ten leases, and, unless the
         * agent says otherwise, a summary after it was written.
         *
         * @param timeToLive longer than zero, in milliseconds
         * @return this
         */
        public Builder timeToLive(Duration timeToLive) {
            this.timeToLive = atLeast(Duration.ofMillis(1), timeToLive, "timeToLive");
            return this;
        }

        /**
         * Sets how long a command may take, connecting included, before its stage fails.
         *
         * @param commandTimeout longer than zero, in milliseconds, and shorter than the lease
         * @return this
         */
        public Builder commandTimeout(Duration commandTimeout) {
            this.commandTimeout = atLeast(Duration.ofMillis(1), commandTimeout, "commandTimeout");
            return this;
        }

        /**
         * Sets after how long a busy lease is asked for again at the latest, in case its signal was missed.
         *
         * @param maxPoll longer than zero, in milliseconds
         * @return this
         */
        public Builder maxPoll(Duration maxPoll) {
            this.maxPoll = atLeast(Duration.ofMillis(1), maxPoll, "maxPoll");
            return this;
        }

        /**
         * Builds the store. Nothing is connected yet.
         *
         * @return a new store
         * @throws IllegalArgumentException if the command timeout is not shorter than the lease
         */
        public RedisStore build() {
            if (commandTimeout.compareTo(lease) >= 0) {
                throw new IllegalArgumentException(
                        "commandTimeout must be shorter than lease, or a slow renewal comes too"
                                + " late, but they were " + commandTimeout + " and " + lease);
            }
            return new RedisStore(this);
        }

        private Settings settings() {
            return new Settings(StoreKeys.encode(namespace), lease, timeToLive, maxPoll);
        }
    }
}
