package io.github.agentcompaction.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
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

    /** All answer with a list of texts: no Lua number, which would be cut to an integer, and no nil, which would end the list. */
    final RedisScript<List<String>> lua = script(read(fileName()));

    private String fileName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-') + ".lua";
    }

    @Override
    public String toString() {
        return fileName();
    }

    @SuppressWarnings("unchecked")
    private static RedisScript<List<String>> script(String text) {
        return RedisScript.of(text, (Class<List<String>>) (Class<?>) List.class);
    }

    private static String read(String fileName) {
        try (InputStream in = Script.class.getResourceAsStream(fileName)) {
            if (in == null) {
                throw new IllegalStateException(
                        "The jar of compaction-redis is incomplete: " + fileName + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException("The jar of compaction-redis cannot be read: " + fileName, e);
        }
    }
}
