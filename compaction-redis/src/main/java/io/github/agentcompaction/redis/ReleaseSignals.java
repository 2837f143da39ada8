package io.github.agentcompaction.redis;

import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.ReactiveSubscription;
import org.springframework.data.redis.connection.SubscriptionListener;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
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

    private final ReactiveRedisConnectionFactory connections;
    private final String channel;
    private final Duration timeout;
    private final Scheduler connecting;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    private volatile boolean subscribed;

    private final ReentrantLock mutex = new ReentrantLock();

    /** Guarded by the mutex, as the next one is. */
    private @Nullable Disposable subscription;

    private boolean closed;

    /** Of this outage. */
    private volatile boolean warned;

    ReleaseSignals(ReactiveRedisConnectionFactory connections, String channel, Duration timeout, Scheduler connecting) {
        this.connections = connections;
        this.channel = channel;
        this.timeout = timeout;
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
        if (subscribed) {
            listener.tell(null);
        }
        start();
        return () -> listeners.remove(listener);
    }

    private void start() {
        mutex.lock();
        try {
            if (subscription == null && !closed) {
                subscription = subscribe();
            }
        } finally {
            mutex.unlock();
        }
    }

    private Disposable subscribe() {
        return Flux.usingWhen(
                        Mono.fromSupplier(connections::getReactiveConnection),
                        this::receive,
                        ReactiveRedisConnection::closeLater)
                .subscribeOn(connecting)
                .doOnError(this::warn)
                .retryWhen(Retry.backoff(Long.MAX_VALUE, FIRST_RETRY)
                        .maxBackoff(LAST_RETRY)
                        .transientErrors(true))
                .repeatWhen(ends -> ends.delayElements(LAST_RETRY))
                .subscribe(this::tell);
    }

    private Flux<String> receive(ReactiveRedisConnection connection) {
        return Flux.usingWhen(
                Commands.within(timeout, connection.pubSubCommands().createSubscription(new Confirmations())),
                this::receive,
                // A connection that goes back to a pool must not stay subscribed.
                open -> Commands.within(timeout, open.cancel()).onErrorComplete());
    }

    private Flux<String> receive(ReactiveSubscription open) {
        Mono<String> subscribing = Commands.within(timeout, open.subscribe(buffer(channel)))
                .then(Mono.<String>fromRunnable(this::confirmed));
        // First the receiver, so that nothing slips through between the two.
        return open.receive().map(message -> text(message.getMessage())).mergeWith(subscribing);
    }

    private void confirmed() {
        subscribed = true;
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
        subscribed = false;
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
            if (subscription != null) {
                subscription.dispose();
            }
        } finally {
            mutex.unlock();
        }
    }

    private static ByteBuffer buffer(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ByteBuffer buffer) {
        return StandardCharsets.UTF_8.decode(buffer).toString();
    }

    /** Hears from Lettuce that Redis has confirmed the subscription, also after each reconnect. */
    private final class Confirmations implements SubscriptionListener {

        @Override
        public void onChannelSubscribed(byte[] subscribedChannel, long count) {
            confirmed();
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
