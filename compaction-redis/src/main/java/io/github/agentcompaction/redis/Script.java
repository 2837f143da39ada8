package io.github.agentcompaction.redis;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
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
    Mono<List<String>> run(RedisScriptingAsyncCommands<byte[], byte[]> commands, byte[][] keys, byte[][] arguments) {
        return sent(() -> commands.evalsha(sha, ScriptOutputType.MULTI, keys, arguments))
                .onErrorResume(
                        RedisNoScriptException.class,
                        failure -> sent(() -> commands.eval(lua, ScriptOutputType.MULTI, keys, arguments)))
                .map(Script::texts);
    }

    private static Mono<List<byte[]>> sent(Supplier<RedisFuture<List<byte[]>>> command) {
        return Mono.fromFuture(() -> command.get().toCompletableFuture());
    }

    private static List<String> texts(List<byte[]> answer) {
        return answer.stream()
                .map(text -> new String(text, StandardCharsets.UTF_8))
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
