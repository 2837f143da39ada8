package io.github.agentcompaction.replicas;

import io.github.agentcompaction.LeaseStatus;
import io.github.agentcompaction.StagedCompactor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/**
 * A list in Redis, appended to by one command. Its compaction is one script, which refuses a fence that is older than the last one:
 * what the library asks of a history that its store cannot write in the same transaction.
 */
final class RedisHistory implements History {

    private static final RedisScript<Long> REPLACE = RedisScript.of("""
            local last = redis.call('GET', KEYS[2])
            if last and tonumber(last) > tonumber(ARGV[1]) then return -1 end
            local count = #ARGV - 2
            local now = redis.call('LRANGE', KEYS[1], 0, count - 1)
            if #now < count then return 0 end
            for i = 1, count do
                if now[i] ~= ARGV[i + 2] then return 0 end
            end
            redis.call('LTRIM', KEYS[1], count, -1)
            redis.call('LPUSH', KEYS[1], ARGV[2])
            redis.call('SET', KEYS[2], ARGV[1])
            return 1
            """, Long.class);

    private final StringRedisTemplate redis;
    private final UnaryOperator<String> summarize;

    RedisHistory(StringRedisTemplate redis, UnaryOperator<String> summarize) {
        this.redis = redis;
        this.summarize = summarize;
    }

    @Override
    public void append(String session, List<String> texts) {
        redis.opsForList().rightPushAll(key(session), texts);
    }

    @Override
    public int size(String session) {
        Long size = redis.opsForList().size(key(session));
        return size == null ? 0 : size.intValue();
    }

    static String key(String session) {
        return "history:{" + session + "}";
    }

    @Override
    public StagedCompactor compactor() {
        return new StagedCompactor() {
            @Override
            public Optional<Prepared> prepare(String session) {
                throw new UnsupportedOperationException("needs the fence");
            }

            @Override
            public Optional<Prepared> prepare(String session, LeaseStatus lease) {
                List<String> all = redis.opsForList().range(key(session), 0, -1);
                if (all == null || all.size() < 2) {
                    return Optional.empty();
                }
                List<String> oldest = all.subList(0, (all.size() + 1) / 2);
                String summary = summarize.apply(String.join("\n", oldest));
                return Optional.of(new Prepared() {
                    @Override
                    public String summary() {
                        return summary;
                    }

                    @Override
                    public boolean apply() {
                        return replace(session, lease.fence(), oldest, summary);
                    }
                });
            }
        };
    }

    private boolean replace(String session, long fence, List<String> oldest, String summary) {
        List<String> arguments = new ArrayList<>(List.of("" + fence, summary));
        arguments.addAll(oldest);
        Long replaced = redis.execute(REPLACE, List.of(key(session), key(session) + ":fence"), arguments.toArray());
        if (replaced == null || replaced < 0) {
            throw new IllegalStateException("The history of " + session + " has seen a newer fence than " + fence);
        }
        return replaced == 1;
    }
}
