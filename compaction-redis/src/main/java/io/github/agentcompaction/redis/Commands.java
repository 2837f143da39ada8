package io.github.agentcompaction.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.core.script.DefaultReactiveScriptExecutor;
import org.springframework.data.redis.core.script.ReactiveScriptExecutor;
import org.springframework.data.redis.serializer.RedisSerializationContext;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Runs scripts in Redis, each within a time limit, and delivers the answers on threads that may block. */
final class Commands {

    private final ReactiveScriptExecutor<String> scripts;
    private final Duration timeout;
    private final Scheduler connecting;

    private volatile boolean closed;

    Commands(ReactiveRedisConnectionFactory connections, Duration timeout, Scheduler connecting) {
        this.scripts = new DefaultReactiveScriptExecutor<>(connections, RedisSerializationContext.string());
        this.timeout = timeout;
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
        within(
                        timeout,
                        scripts.execute(script.lua, keys, arguments)
                                .single()
                                .map(answer)
                                .subscribeOn(connecting))
                .subscribe(
                        value -> StoreThreads.deliver(() -> result.complete(value)),
                        failure -> StoreThreads.deliver(() -> result.completeExceptionally(named(script, failure))));
        return result;
    }

    /** As a signal a failure that comes after the timeout is dropped silently; Reactor would log it as an error. */
    static <T> Mono<T> within(Duration timeout, Mono<T> mono) {
        return mono.materialize().timeout(timeout).dematerialize();
    }

    /** What runs already may go on. */
    void close() {
        closed = true;
    }

    private Throwable named(Script script, Throwable failure) {
        return failure instanceof TimeoutException
                ? new QueryTimeoutException(
                        "Redis did not answer to " + script + " within " + timeout
                                + ", so its outcome is not known. Check"
                                + " that Redis is up and reachable; RedisStore's commandTimeout sets the limit.",
                        failure)
                : failure;
    }
}
