package io.github.agentcompaction.redis;

import static io.github.agentcompaction.redis.Stages.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.store.LeaseGrant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two replicas over a cluster of three masters. */
@Timeout(120)
class RedisClusterTest {

    private static final String[] CLUSTER = {"--cluster-enabled", "yes", "--cluster-node-timeout", "5000"};

    @RegisterExtension
    @Order(1)
    static final TestRedis first = new TestRedis(CLUSTER);

    @RegisterExtension
    @Order(2)
    static final TestRedis second = new TestRedis(CLUSTER);

    @RegisterExtension
    @Order(3)
    static final TestRedis third = new TestRedis(CLUSTER);

    private static final List<TestRedis> MASTERS = List.of(first, second, third);

    private static final List<String> NODES =
            MASTERS.stream().map(node -> TestRedis.HOST + ":" + node.port()).toList();

    @BeforeAll
    static void createCluster() throws Exception {
        List<String> command = new ArrayList<>();
        command.add(RedisProcess.program("redis-cli").map(Object::toString).orElse(""));
        Assumptions.assumeFalse(command.contains(""), "Skipped: there is no redis-cli on the path to make a cluster");
        command.addAll(List.of("--cluster", "create"));
        command.addAll(NODES);
        command.add("--cluster-yes");
        Process create = new ProcessBuilder(command).redirectErrorStream(true).start();
        create.getOutputStream().close();
        String said = new String(create.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(create.waitFor()).as(said).isZero();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> MASTERS.stream()
                        .allMatch(node -> node.admin().clusterInfo().contains("cluster_state:ok")));
    }

    @Test
    void sessionsOfAllSlots_workAsOnOneServer() throws Exception {
        RedisAgentStore one = replica();
        RedisAgentStore two = replica();
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        first.closedAfterTest(two.onReleased(session -> {
            if (session != null) {
                heard.add(session);
            }
        }));
        await().until(() -> MASTERS.stream().anyMatch(node -> node.subscribers("test:released") == 1));

        for (String session : SessionIdsTest.IDS) {
            LeaseGrant grant = get(one.tryAcquire(session, "t1")).grant().orElseThrow();
            assertThat(get(two.tryAcquire(session, "t2")).grant()).isEmpty();
            assertThat(get(one.renew(grant))).isTrue();
            assertThat(get(one.release(grant, true))).isTrue();
            assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo(session);
            assertThat(get(two.tryAcquire(session, "t3")).epoch()).isPositive();
            get(two.abandon(session, "t3"));
            assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo(session);
            assertThat(get(two.inspect(session)).owner()).isEmpty();

            get(one.put(session, "text"));
            assertThat(get(two.peek(session))).isPresent();
            assertThat(get(two.take(session, "taker"))).contains("text");
            get(two.giveBack(session, "taker"));
            assertThat(get(one.discard(session))).isTrue();
        }

        assertThat(MASTERS).allMatch(node -> node.admin().dbsize() > 0);
    }

    private static RedisAgentStore replica() {
        return first.replica(first.closedAfterTest(Connections.toCluster(NODES)))
                .agent("planner");
    }
}
