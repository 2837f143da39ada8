package io.github.agentcompaction.redis;

import static io.github.agentcompaction.redis.Stages.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.store.LeaseGrant;
import io.lettuce.core.cluster.SlotHash;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ids of any characters never reach the keys of another session, agent or namespace. */
@Timeout(120)
class SessionIdsTest {

    @RegisterExtension
    static final TestRedis redis = new TestRedis();

    static final List<String> IDS = List.of(
            "s",
            "S",
            "s ",
            " s",
            "",
            " ",
            "~",
            "{s}",
            "}{",
            "{}",
            "a}:lease",
            "a",
            "a:lease",
            "s:lease",
            "%",
            "%25",
            "%7B",
            "\u0000",
            "s\u0000",
            "s\n",
            "\r\n",
            "*",
            "s*",
            "é",
            "e\u0301",
            "🎉",
            "/",
            "\\",
            "'",
            "\"",
            "x".repeat(1_000),
            "x".repeat(1_001),
            "x".repeat(999) + "y",
            "{".repeat(1_000),
            "🎉".repeat(500));

    @Test
    void anyId_hasALeaseAndASummaryOfItsOwn() {
        RedisAgentStore store = redis.replica().agent("planner");
        Map<String, LeaseGrant> grants = new LinkedHashMap<>();
        for (String id : IDS) {
            grants.put(id, get(store.tryAcquire(id, "token of " + id)).grant().orElseThrow());
            get(store.put(id, "summary of " + id));
        }

        assertThat(redis.admin().dbsize()).isEqualTo(3L * IDS.size());
        for (String id : IDS) {
            assertThat(get(store.inspect(id)).owner()).contains("token of " + id);
            assertThat(get(store.take(id, "taker"))).contains("summary of " + id);
            assertThat(get(store.release(Objects.requireNonNull(grants.get(id)), true)))
                    .isTrue();
        }
    }

    @Test
    void agentsAndNamespaces_neverMeet() {
        Set<String> used = new HashSet<>();
        for (String namespace : List.of("a", "a:b", "A", "{a}", "a%3Ab")) {
            RedisStore store = redis.closedAfterTest(
                    RedisStore.builder(redis.connections()).namespace(namespace).build());
            for (String agent : List.of("b", "b:c", "", "c", "{b}", "B")) {
                for (String session : List.of("c", "c:lease", "d")) {
                    assertThat(get(store.agent(agent).tryAcquire(session, "t")).grant())
                            .isPresent();
                    get(store.agent(agent).put(session, "text"));
                    assertThat(redis.admin().keys("*").stream().filter(used::add))
                            .as("new keys of %s, %s, %s", namespace, agent, session)
                            .hasSize(3);
                }
            }
        }
    }

    @Test
    void keysOfASession_areInOneSlot_andSessionsAreSpread() {
        RedisAgentStore store = redis.replica().agent("plan{ner}");
        Set<Integer> all = new HashSet<>();
        for (String id : IDS) {
            redis.admin().flushall();
            get(store.tryAcquire(id, "t"));
            get(store.put(id, "text"));
            get(store.take(id, "taker"));
            get(store.put(id, "newer"));

            List<String> keys = new ArrayList<>(redis.admin().keys("*"));
            assertThat(keys).hasSize(4);
            Set<Integer> slots = keys.stream().map(SlotHash::getSlot).collect(Collectors.toSet());
            assertThat(slots).hasSize(1);
            all.addAll(slots);
        }
        assertThat(all).as("slots of all sessions").hasSizeGreaterThan(IDS.size() / 2);
    }
}
