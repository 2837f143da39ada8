package io.github.agentcompaction.redis;

import io.lettuce.core.RedisNoScriptException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveScriptingCommands;
import org.springframework.data.redis.connection.ReturnType;
import org.springframework.data.redis.core.script.RedisScript;
import reactor.core.publisher.Mono;

/** The scripts that Redis runs, each as one step; what they take and give stands at their heads. */
enum Script {
    ACQUIRE,
    RENEW,
    RELEASE,
    ABANDON,
    INSPECT,
    PUT,
    PEEK,
    TAKE,
    GIVE_BACK,
    DISCARD;

    private final String sha;
    private final byte[] lua;

    Script() {
        lua = read(fileName());
        sha = RedisScript.of(new String(lua, StandardCharsets.US_ASCII)).getSha1();
    }

    /**
     * Sends the script, by its hash if Redis knows it.
     *
     * @return the answer; all are a list of texts: no Lua number, which would be cut to an integer, and no nil, which would end
     *     the list
     */
    Mono<List<String>> run(ReactiveRedisConnection connection, int keys, ByteBuffer[] keysAndArguments) {
        ReactiveScriptingCommands commands = connection.scriptingCommands();
        return commands.<List<ByteBuffer>>evalSha(sha, ReturnType.MULTI, keys, keysAndArguments)
                .onErrorResume(
                        Script::isUnknown,
                        failure -> commands.eval(ByteBuffer.wrap(lua), ReturnType.MULTI, keys, keysAndArguments))
                .single()
                .map(Script::texts);
    }

    private static boolean isUnknown(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RedisNoScriptException) {
                return true;
            }
        }
        return false;
    }

    private static List<String> texts(List<ByteBuffer> answer) {
        return answer.stream()
                .map(text -> StandardCharsets.UTF_8.decode(text).toString())
                .toList();
    }

    private String fileName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-') + ".lua";
    }

    @Override
    public String toString() {
        return fileName();
    }

    private static byte[] read(String fileName) {
        try (InputStream in = Script.class.getResourceAsStream(fileName)) {
            if (in == null) {
                throw new IllegalStateException(
                        "The jar of compaction-redis is incomplete: " + fileName + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("The jar of compaction-redis cannot be read: " + fileName, e);
        }
    }
}
