package io.github.agentcompaction.redis;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.springframework.data.redis.core.script.RedisScript;

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
     * @param sent is told of each command
     * @return the answer; all are a list of texts: no Lua number, which would be cut to an integer, and no nil, which would end
     *     the list
     */
    CompletionStage<List<String>> run(
            RedisScriptingAsyncCommands<byte[], byte[]> commands,
            byte[][] keys,
            byte[][] arguments,
            Consumer<RedisFuture<?>> sent) {
        RedisFuture<List<byte[]>> byHash = commands.evalsha(sha, ScriptOutputType.MULTI, keys, arguments);
        sent.accept(byHash);
        return byHash.exceptionallyCompose(failure -> {
                    if (!(failure instanceof RedisNoScriptException)) {
                        return CompletableFuture.failedStage(failure);
                    }
                    RedisFuture<List<byte[]>> whole = commands.eval(lua, ScriptOutputType.MULTI, keys, arguments);
                    sent.accept(whole);
                    return whole;
                })
                .thenApply(Script::texts);
    }

    private static List<String> texts(List<byte[]> answer) {
        List<String> texts = new ArrayList<>(answer.size());
        for (byte[] text : answer) {
            texts.add(new String(text, StandardCharsets.UTF_8));
        }
        return texts;
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
