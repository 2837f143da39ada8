package io.github.agentcompaction.redis;

import static io.github.agentcompaction.redis.Stages.failure;
import static io.github.agentcompaction.redis.Stages.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.store.LeaseGrant;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A Redis user with just the rights that {@link RedisStore}'s Javadoc names. */
@Timeout(120)
class AccessControlTest {

    @RegisterExtension
    static final TestRedis redis = new TestRedis();

    private static final List<String> COMMANDS = List.of(
            "+eval",
            "+evalsha",
            "+time",
            "+get",
            "+set",
            "+del",
            "+exists",
            "+pexpire",
            "+pttl",
            "+hget",
            "+hmget",
            "+hset",
            "+hdel",
            "+publish",
            "+subscribe",
            "+unsubscribe",
            "+ping");

    private static final String CHANNEL = "&test:released";

    @BeforeEach
    void forgetTheUser() {
        redis.admin().aclDeluser("app");
    }

    @Test
    void rightsOfTheDocumentation_areEnough() throws Exception {
        allow("~test:*", CHANNEL);
        RedisAgentStore store = store();
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        redis.closedAfterTest(store.onReleased(session -> heard.add("" + session)));
        assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("null");

        useAll(store);

        await().until(() -> heard.contains("s"));
    }

    @Test
    void withoutTheChannel_allWorksButTheSignals() {
        allow("~test:*");
        RedisAgentStore store = store();
        try (LoggedWarnings log = new LoggedWarnings()) {
            redis.closedAfterTest(store.onReleased(session -> {
                throw new AssertionError("no signals");
            }));

            useAll(store);

            await().untilAsserted(() -> assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .contains("test:released", "its user may use the channel"));
        }
    }

    @Test
    void otherKeys_areRefused_withAnErrorThatSaysSo() {
        allow("~another:*", CHANNEL);

        assertThat(failure(store().tryAcquire("s", "t"))).hasMessageContaining("NOPERM");
    }

    private static void useAll(RedisAgentStore store) {
        LeaseGrant grant = get(store.tryAcquire("s", "t")).grant().orElseThrow();
        assertThat(get(store.renew(grant))).isTrue();
        assertThat(get(store.inspect("s")).owner()).contains("t");
        assertThat(get(store.release(grant, true))).isTrue();
        get(store.tryAcquire("s", "t2"));
        get(store.abandon("s", "t2"));
        get(store.put("s", "text"));
        assertThat(get(store.peek("s"))).isPresent();
        assertThat(get(store.take("s", "taker"))).contains("text");
        get(store.giveBack("s", "taker"));
        assertThat(get(store.discard("s"))).isTrue();
    }

    private static RedisAgentStore store() {
        return redis.replica(redis.closedAfterTest(Connections.to(redis.port(), "app", "secret")))
                .agent("planner");
    }

    private static void allow(String... patterns) {
        CommandArgs<String, String> user = new CommandArgs<>(StringCodec.UTF8)
                .addKeys("SETUSER", "app", "reset", "on", ">secret", "resetchannels");
        user.addKeys(patterns).addKeys(COMMANDS);
        redis.admin().dispatch(CommandType.ACL, new StatusOutput<>(StringCodec.UTF8), user);
    }
}
