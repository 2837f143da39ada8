package io.github.agentcompaction.redis;

import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.Message;
import org.springframework.data.redis.connection.MessageListener;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.SubscriptionListener;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/** The signals of leases that came free: one subscription of one channel for all agents of a store. */
final class ReleaseSignals {

    /*
     * A message is the key of the agent, a colon, and the session's id: the id itself, since the key of a long one is a hash.
     *
     * A signal that was sent while there was no subscription is lost. So each confirmation of Redis, the first one and those
     * after a reconnect, which Lettuce does by itself, is passed on as "may have missed some". What Lettuce cannot repair,
     * such as a first connection that fails, is tried again with a growing delay; waiting tasks poll meanwhile.
     */

    private static final System.Logger log = System.getLogger(RedisStore.class.getName());

    private static final Duration FIRST_RETRY = Duration.ofMillis(200);

    private static final Duration LAST_RETRY = Duration.ofSeconds(5);

    private final RedisConnectionFactory connections;
    private final String channel;
    private final Scheduler connecting;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    private final ReentrantLock mutex = new ReentrantLock();

    /** Guarded by the mutex, as the next two are. What tries until the subscription is there. */
    private @Nullable Disposable subscribing;

    private @Nullable RedisConnection subscribed;

    private boolean closed;

    private volatile boolean confirmed;

    /** Of this outage. */
    private volatile boolean warned;

    ReleaseSignals(RedisConnectionFactory connections, String channel, Scheduler connecting) {
        this.connections = connections;
        this.channel = channel;
        this.connecting = connecting;
    }

    String channel() {
        return channel;
    }

    /** {@return what a script has to publish when this session's lease comes free} */
    static String message(String agentKey, String session) {
        return agentKey + ":" + session;
    }

    AutoCloseable listen(String agentKey, Consumer<@Nullable String> consumer) {
        Listener listener = new Listener(agentKey, consumer);
        listeners.add(listener);
        if (confirmed) {
            listener.tell(null);
        }
        start();
        return () -> listeners.remove(listener);
    }

    private void start() {
        mutex.lock();
        try {
            if (subscribing == null && !closed) {
                subscribing = startSubscribing();
            }
        } finally {
            mutex.unlock();
        }
    }

    private Disposable startSubscribing() {
        return Mono.fromRunnable(this::subscribe)
                .subscribeOn(connecting)
                .doOnError(this::warn)
                .retryWhen(Retry.backoff(Long.MAX_VALUE, FIRST_RETRY).maxBackoff(LAST_RETRY))
                .subscribe();
    }

    /** Blocks until Redis has confirmed. Not reactive: each signal would take more steps. */
    private void subscribe() {
        RedisConnection connection = connections.getConnection();
        try {
            connection.subscribe(new Receiver(), channel.getBytes(StandardCharsets.UTF_8));
        } catch (Throwable e) {
            connection.close();
            throw e;
        }
        if (!keep(connection)) {
            connection.close();
        }
    }

    private boolean keep(RedisConnection connection) {
        mutex.lock();
        try {
            if (!closed) {
                subscribed = connection;
            }
            return !closed;
        } finally {
            mutex.unlock();
        }
    }

    private void tellConfirmed() {
        confirmed = true;
        warned = false;
        listeners.forEach(listener -> listener.tell(null));
    }

    private void tell(String message) {
        int colon = message.indexOf(':'); // the first one: there is none in a key
        String agentKey = message.substring(0, Math.max(0, colon));
        for (Listener listener : listeners) {
            if (listener.agentKey.equals(agentKey)) {
                listener.tell(message.substring(colon + 1));
            }
        }
    }

    private void warn(Throwable failure) {
        if (!warned) {
            warned = true;
            log.log(
                    Level.WARNING,
                    "No signals of released leases from Redis: the channel " + channel
                            + " cannot be subscribed. Tasks that"
                            + " wait for another replica ask again at intervals meanwhile. It is tried again until it works;"
                            + " check that Redis is up, and that its user may use the channel.",
                    failure);
        }
    }

    void close() {
        mutex.lock();
        try {
            closed = true;
            listeners.clear();
            if (subscribing != null) {
                subscribing.dispose();
            }
            if (subscribed != null) {
                Mono.fromRunnable(subscribed::close)
                        .subscribeOn(connecting)
                        .onErrorComplete()
                        .subscribe();
            }
        } finally {
            mutex.unlock();
        }
    }

    /** Hears on Lettuce's thread of messages, and of Redis's confirmations, one after each reconnect, too. */
    private final class Receiver implements MessageListener, SubscriptionListener {

        @Override
        public void onMessage(Message message, byte @Nullable [] pattern) {
            tell(new String(message.getBody(), StandardCharsets.UTF_8));
        }

        @Override
        public void onChannelSubscribed(byte[] subscribedChannel, long count) {
            tellConfirmed();
        }
    }

    /** A listener of one agent. Not a record: two registrations of one consumer are two. */
    private static final class Listener {

        final String agentKey;
        final Consumer<@Nullable String> consumer;

        Listener(String agentKey, Consumer<@Nullable String> consumer) {
            this.agentKey = agentKey;
            this.consumer = consumer;
        }

        void tell(@Nullable String session) {
            try {
                consumer.accept(session);
            } catch (Throwable e) {
                log.log(
                        Level.WARNING,
                        "A listener of released leases threw; the signal is lost for it, nothing else is.",
                        e);
            }
        }
    }
}
