package io.github.agentcompaction.redis;

import io.github.agentcompaction.timing.OneDelay;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
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
            // Not Reactor's timeout, which takes a fifth of what a command costs.
            inTime = limit.run(() -> result.completeExceptionally(late(script)));
        } catch (Throwable noThread) {
            return CompletableFuture.failedFuture(noThread);
        }
        // As a signal a failure that comes after the timeout is dropped silently; Reactor would log it as an error.
        Disposable command = Mono.defer(() -> send(script, bytes(keys), bytes(arguments)))
                .map(answer)
                .materialize()
                .subscribe(signal -> {
                    inTime.run();
                    settle(result, signal);
                });
        result.whenComplete((value, failure) -> {
            if (failure != null) {
                command.dispose();
            }
        });
        return result;
    }

    private static <R> void settle(CompletableFuture<R> result, Signal<R> signal) {
        Throwable failure = signal.getThrowable();
        if (failure != null) {
            result.completeExceptionally(failure);
        } else {
            result.complete(signal.get());
        }
    }

    private static byte[][] bytes(List<String> texts) {
        return texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
    }

    private Mono<List<String>> send(Script script, byte[][] keys, byte[][] arguments) {
        Open ready = open.get();
        if (ready == null) {
            return connectAndSend(script, keys, arguments);
        }
        // Where Redis itself has not answered, the factory may have closed this connection and have another one.
        return script.run(ready.commands, keys, arguments).onErrorResume(failure -> !isAnswer(failure), failure -> {
            forget(ready);
            return connectAndSend(script, keys, arguments);
        });
    }

    private Mono<List<String>> connectAndSend(Script script, byte[][] keys, byte[][] arguments) {
        return Mono.fromSupplier(() -> Open.of(connections.getConnection()))
                .flatMap(connection -> {
                    boolean kept = open.compareAndSet(null, connection);
                    if (closed) {
                        forget(connection); // close() has not seen it
                    }
                    Mono<List<String>> sent = script.run(connection.commands, keys, arguments);
                    return kept
                            ? sent.doOnError(failure -> !isAnswer(failure), failure -> forget(connection))
                            : sent.doFinally(signal -> closeLater(connection));
                })
                .subscribeOn(connecting);
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

    /** A connection, and its own commands: they take less of the processor than Spring Data's reactive ones. */
    private record Open(RedisConnection connection, RedisScriptingAsyncCommands<byte[], byte[]> commands) {

        @SuppressWarnings("unchecked") // alone, with sentinels, or in a cluster
        static Open of(RedisConnection connection) {
            return new Open(connection, (RedisScriptingAsyncCommands<byte[], byte[]>) connection.getNativeConnection());
        }
    }
}
