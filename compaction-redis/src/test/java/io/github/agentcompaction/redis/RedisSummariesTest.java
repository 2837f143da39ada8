package io.github.agentcompaction.redis;

import static io.github.agentcompaction.redis.Stages.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.store.StoredSummary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The deferred summaries of two replicas. */
@Timeout(120)
class RedisSummariesTest {

    @RegisterExtension
    static final TestRedis redis = new TestRedis();

    private static final String SUMMARY = "test:planner:{s}:summary";

    private RedisAgentStore one;
    private RedisAgentStore two;

    @BeforeEach
    void startReplicas() {
        one = redis.replica().agent("planner", Duration.ofMinutes(20));
        two = redis.replica().agent("planner", Duration.ofMinutes(20));
    }

    @Test
    void put_isSeenByTheOther_andExpires() {
        get(one.put("s", "Ümläute, \u0000 and 🎉, any text"));

        StoredSummary seen = get(two.peek("s")).orElseThrow();

        assertThat(seen.text()).isEqualTo("Ümläute, \u0000 and 🎉, any text");
        assertThat(seen.age()).isBetween(Duration.ZERO, Duration.ofSeconds(20));
        assertThat(redis.admin().pttl(SUMMARY)).isBetween(1_190_000L, 1_200_000L);
    }

    @Test
    void put_again_replacesAndLivesAnew() {
        get(one.put("s", "older"));
        redis.admin().pexpire(SUMMARY, 60_000);

        get(two.put("s", "newer"));

        assertThat(get(one.peek("s")).orElseThrow().text()).isEqualTo("newer");
        assertThat(redis.admin().pttl(SUMMARY)).isGreaterThan(1_190_000L);
    }

    @Test
    void peek_tellsTheAge_andTakesNothing() {
        get(one.put("s", "text"));
        long at = Long.parseLong(redis.admin().hget(SUMMARY, "at"));
        redis.admin().hset(SUMMARY, "at", "" + (at - 7_000_000));

        assertThat(get(two.peek("s")).orElseThrow().age()).isBetween(Duration.ofSeconds(7), Duration.ofSeconds(20));
        assertThat(get(two.take("s", "taker"))).contains("text");
        assertThat(get(two.peek("s"))).isEmpty();
        assertThat(get(two.peek("never"))).isEmpty();
    }

    /** Each taker asks twice, as after a lost answer. */
    @Test
    void take_sixTakersTwice_oneGetsIt() {
        for (int round = 0; round < 20; round++) {
            get(one.put("s", "text " + round));
            List<CompletableFuture<Optional<String>>> first = new ArrayList<>();
            List<CompletableFuture<Optional<String>>> second = new ArrayList<>();
            for (int taker = 0; taker < 6; taker++) {
                RedisAgentStore store = taker % 2 == 0 ? one : two;
                String takeId = "taker-" + round + "-" + taker;
                first.add(store.take("s", takeId).toCompletableFuture());
                second.add(store.take("s", takeId).toCompletableFuture());
            }

            int winners = 0;
            for (int taker = 0; taker < 6; taker++) {
                assertThat(get(second.get(taker))).isEqualTo(get(first.get(taker)));
                if (get(first.get(taker)).isPresent()) {
                    assertThat(get(first.get(taker))).contains("text " + round);
                    winners++;
                }
            }
            assertThat(winners).isEqualTo(1);
        }
    }

    @Test
    void take_repeatedAfterANewerOneCame_isTheSameAndLeavesTheNewer() {
        get(one.put("s", "older"));
        get(one.take("s", "taker"));
        get(two.put("s", "newer"));

        assertThat(get(one.take("s", "taker"))).contains("older");
        assertThat(get(two.take("s", "another"))).contains("newer");
    }

    @Test
    void take_isKeptForAWhile_butNotLongerThanASummary() {
        get(one.put("s", "text"));
        get(one.take("s", "taker"));
        assertThat(redis.admin().pttl("test:planner:{s}:popped")).isBetween(290_000L, 300_000L);

        RedisAgentStore brief = redis.replica().agent("brief", Duration.ofSeconds(30));
        get(brief.put("s", "text"));
        get(brief.take("s", "taker"));
        assertThat(redis.admin().pttl("test:brief:{s}:popped")).isBetween(20_000L, 30_000L);
    }

    @Test
    void giveBack_mayBeTakenAgain_withItsAge() {
        get(one.put("s", "text"));
        Map<String, String> written = redis.admin().hgetall(SUMMARY);
        get(one.take("s", "taker"));

        assertThat(get(one.giveBack("s", "taker"))).isTrue();

        assertThat(redis.admin().hgetall(SUMMARY)).isEqualTo(written);
        assertThat(redis.admin().pttl(SUMMARY)).isGreaterThan(1_190_000L);
        assertThat(get(two.take("s", "another"))).contains("text");
        assertThat(get(one.giveBack("s", "taker"))).isFalse();
        assertThat(get(one.peek("s"))).as("given back once").isEmpty();
    }

    @Test
    void giveBack_andTakenByTheSameTaker_isGoneForTheOthers() {
        get(one.put("s", "text"));
        get(one.take("s", "taker"));
        get(one.giveBack("s", "taker"));

        assertThat(get(one.take("s", "taker"))).contains("text");
        assertThat(get(two.take("s", "another"))).isEmpty();
    }

    @Test
    void giveBack_afterANewerOne_isDropped() {
        get(one.put("s", "older"));
        get(one.take("s", "taker"));
        get(two.put("s", "newer"));

        assertThat(get(one.giveBack("s", "taker"))).isFalse();
        assertThat(get(two.take("s", "another"))).contains("newer");

        get(one.giveBack("s", "taker"));
        assertThat(get(two.peek("s"))).isEmpty();
    }

    @Test
    void giveBack_ofAnotherTaker_isNothing() {
        get(one.put("s", "text"));
        get(one.take("s", "taker"));

        assertThat(get(two.giveBack("s", "another"))).isFalse();

        assertThat(get(two.peek("s"))).isEmpty();
        assertThat(get(one.take("s", "taker"))).contains("text");
    }

    @Test
    void discard_tellsWhetherThereWasOne_andNothingComesBack() {
        get(one.put("s", "text"));
        assertThat(get(two.discard("s"))).isTrue();
        assertThat(get(two.discard("s"))).isFalse();
        assertThat(get(one.peek("s"))).isEmpty();

        get(one.put("s", "text"));
        get(one.take("s", "taker"));
        assertThat(get(two.discard("s"))).as("taken").isFalse();
        get(one.giveBack("s", "taker"));
        assertThat(get(one.peek("s"))).isEmpty();
    }

    @Test
    void summary_isInNoText() {
        get(one.put("s", "the user's secret"));

        assertThat(get(one.peek("s")).toString()).doesNotContain("secret");
        assertThat(one.toString()).isEqualTo("RedisAgentStore[test:planner:*]");
    }
}
