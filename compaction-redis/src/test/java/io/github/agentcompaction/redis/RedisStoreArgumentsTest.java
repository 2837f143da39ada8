package io.github.agentcompaction.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** Bad settings are refused with an error that names the argument and the rule; nothing is connected. */
@SuppressWarnings("NullAway") // passes null on purpose
class RedisStoreArgumentsTest {

    private final RedisStore.Builder builder = RedisStore.builder(new LettuceConnectionFactory());

    @Test
    void connections_null() {
        assertThatThrownBy(() -> RedisStore.builder(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("connections must not be null; pass a ReactiveRedisConnectionFactory, which Lettuce has and"
                        + " Jedis has not");
    }

    @Test
    void connections_notOfLettuce() {
        ReactiveRedisConnectionFactory reactiveAlone = (ReactiveRedisConnectionFactory) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {ReactiveRedisConnectionFactory.class},
                (proxy, method, any) -> {
                    throw new AssertionError("nothing is connected");
                });

        assertThatThrownBy(() -> RedisStore.builder(reactiveAlone))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(
                        "connections must be a RedisConnectionFactory, too, as a LettuceConnectionFactory is");
    }

    @Test
    void namespace_nullOrBlank() {
        assertThatThrownBy(() -> builder.namespace(null)).hasMessage("namespace must not be null");
        assertThatThrownBy(() -> builder.namespace(" "))
                .hasMessage("namespace must not be blank; leave it out for 'default'");
    }

    @Test
    void lease_shorterThanTwoSeconds() {
        assertThatThrownBy(() -> builder.lease(Duration.ofMillis(1_999)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lease must be at least PT2S and at most PT8760000H, but was PT1.999S");
    }

    @Test
    void otherDurations_tooShortOrTooLong() {
        for (Duration wrong :
                new Duration[] {Duration.ZERO, Duration.ofMillis(-1), Duration.ofSeconds(Long.MAX_VALUE)}) {
            assertThatThrownBy(() -> builder.timeToLive(wrong))
                    .hasMessageStartingWith("timeToLive must be at least PT0.001S");
            assertThatThrownBy(() -> builder.commandTimeout(wrong)).hasMessageStartingWith("commandTimeout must be at");
            assertThatThrownBy(() -> builder.maxPoll(wrong))
                    .hasMessageStartingWith("maxPoll must be at least PT0.001S");
        }
    }

    @Test
    void commandTimeout_notShorterThanTheLease() {
        assertThatThrownBy(() -> builder.lease(Duration.ofSeconds(2)).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "commandTimeout must be shorter than lease, or a slow renewal comes too late, but they were PT2S"
                                + " and PT2S");
    }

    @Test
    void agent_nullOrBadTimeToLive() {
        try (RedisStore store = builder.build()) {
            assertThatThrownBy(() -> store.agent(null)).hasMessage("agent must not be null");
            assertThatThrownBy(() -> store.agent("a", Duration.ZERO))
                    .hasMessageStartingWith("timeToLive must be at least");
            assertThat(store.agent("a").lease()).isEqualTo(Duration.ofSeconds(30));
            assertThat(store).hasToString("RedisStore[default:*]");
        }
    }

    @Test
    void nullSessionTokenOrText() {
        try (RedisStore store = builder.build()) {
            RedisAgentStore agent = store.agent("a");
            assertThatThrownBy(() -> agent.tryAcquire(null, "t")).isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> agent.tryAcquire("s", null)).hasMessage("token must not be null");
            assertThatThrownBy(() -> agent.put("s", null)).hasMessage("summary must not be null");
            assertThatThrownBy(() -> agent.take("s", null)).hasMessage("takeId must not be null");
            assertThatThrownBy(() -> agent.onReleased(null)).hasMessage("listener must not be null");
        }
    }

    @Test
    void factoryThatIsNotStarted_failsTheStage() {
        try (RedisStore store = builder.build()) {
            assertThat(Stages.failure(store.agent("a").inspect("s"))).isInstanceOf(IllegalStateException.class);
        }
    }
}
