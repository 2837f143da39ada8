package io.github.agentcompaction.redis;

import io.github.agentcompaction.timing.OneDelay;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Runs scripts in Redis, each within a time limit. Answers come on the threads of Lettuce, which must not be blocked. */
final class Commands {

    private final RedisConnectionFactory connections;
    private final Duration timeout;
    private final OneDelay limit;
    private final Scheduler connecting;

    /** Once it is there a command needs no other thread to be sent, since Lettuce reconnects by itself and never blocks. */
    private final AtomicReference<@Nullable Open> open = new AtomicReference<>();

    private volatile boolean closed;

    Commands(RedisConnectionFactory connections, Duration timeout, Scheduler connecting) {
        this.connections = connections;
        this.timeout = timeout;
        this.limit = new OneDelay(timeout, StoreThreads::schedule);
        this.connecting = connecting;
    }

    /** Never throws, and the stage always completes: what goes wrong, also while reading the answer, makes it fail. */
    <R> CompletionStage<R> run(
            Script script, List<String> keys, List<String> arguments, Function<List<String>, R> answer) {
        if (closed) {
            return CompletableFuture.failedFuture(
                    new IllegalStateException("The RedisStore is closed, so it does not run " + script));
        }
        CompletableFuture<R> result = new CompletableFuture<>();
        Runnable inTime;
        try {
            inTime = limit.run(() -> result.completeExceptionally(late(script)));
        } catch (Throwable noThread) {
            return CompletableFuture.failedFuture(noThread);
        }
        Sending sending = new Sending(script, bytes(keys), bytes(arguments));
        sending.start().whenComplete((texts, failure) -> {
            inTime.run();
            settle(result, answer, texts, failure);
        });
        result.whenComplete((value, failure) -> {
            if (failure != null) {
                sending.cancel();
            }
        });
        return result;
    }

    private static <R> void settle(
            CompletableFuture<R> result,
            Function<List<String>, R> answer,
            @Nullable List<String> texts,
            @Nullable Throwable failure) {
        try {
            if (failure != null) {
                result.completeExceptionally(unwrapped(failure));
            } else {
                result.complete(answer.apply(Objects.requireNonNull(texts)));
            }
        } catch (Throwable e) {
            result.completeExceptionally(e);
        }
    }

    private static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    private static byte[][] bytes(List<String> texts) {
        byte[][] bytes = new byte[texts.size()][];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = texts.get(i).getBytes(StandardCharsets.UTF_8);
        }
        return bytes;
    }

    private static boolean isAnswer(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RedisCommandExecutionException) {
                return true;
            }
        }
        return false;
    }

    private void forget(Open connection) {
        if (open.compareAndSet(connection, null)) {
            closeLater(connection);
        }
    }

    /** A connection that is not shared is really closed, which may block. */
    private void closeLater(Open connection) {
        Mono.fromRunnable(connection.connection::close)
                .subscribeOn(connecting)
                .onErrorComplete()
                .subscribe();
    }

    /** What runs already may go on. */
    void close() {
        closed = true;
        Open last = open.get();
        if (last != null) {
            forget(last);
        }
    }

    private Throwable late(Script script) {
        return new QueryTimeoutException("Redis did not answer to " + script + " within " + timeout
                + ", so its outcome is not known. Check"
                + " that Redis is up and reachable; RedisStore's commandTimeout sets the limit.");
    }

    /** A script on its way. */
    private final class Sending {

        private final Script script;
        private final byte[][] keys;
        private final byte[][] arguments;
        private volatile @Nullable RedisFuture<?> sent;
        private volatile boolean cancelled;

        Sending(Script script, byte[][] keys, byte[][] arguments) {
            this.script = script;
            this.keys = keys;
            this.arguments = arguments;
        }

        CompletionStage<List<String>> start() {
            Open ready = open.get();
            if (ready == null) {
                return connectAndSend();
            }
            // Where Redis itself has not answered, the factory may have closed this connection and have another one.
            return send(ready).exceptionallyCompose(failure -> {
                if (isAnswer(failure) || cancelled) {
                    return CompletableFuture.failedStage(failure);
                }
                forget(ready);
                return connectAndSend();
            });
        }

        private CompletionStage<List<String>> connectAndSend() {
            return CompletableFuture.supplyAsync(() -> Open.of(connections.getConnection()), connecting::schedule)
                    .thenCompose(connection -> {
                        boolean kept = open.compareAndSet(null, connection);
                        if (closed) {
                            forget(connection); // close() has not seen it
                        }
                        return send(connection).whenComplete((texts, failure) -> {
                            if (!kept) {
                                closeLater(connection);
                            } else if (failure != null && !isAnswer(failure)) {
                                forget(connection);
                            }
                        });
                    });
        }

        private CompletionStage<List<String>> send(Open connection) {
            if (cancelled) {
                return CompletableFuture.failedStage(new CancellationException("too late"));
            }
            try {
                return script.run(connection.commands, keys, arguments, this::sent);
            } catch (Throwable e) {
                return CompletableFuture.failedStage(e);
            }
        }

        private void sent(RedisFuture<?> command) {
            sent = command;
            if (cancelled) {
                command.cancel(false);
            }
        }

        /** Redis need not answer any more; what waits for a connection is not sent. */
        void cancel() {
            cancelled = true;
            RedisFuture<?> command = sent;
            if (command != null) {
                command.cancel(false);
            }
        }
    }

    /** A connection, and its own commands: they take less of the processor than Spring Data's reactive ones. */
    private record Open(RedisConnection connection, RedisScriptingAsyncCommands<byte[], byte[]> commands) {

        @SuppressWarnings("unchecked") // alone, with sentinels, or in a cluster
        static Open of(RedisConnection connection) {
            return new Open(connection, (RedisScriptingAsyncCommands<byte[], byte[]>) connection.getNativeConnection());
        }
    }
}
