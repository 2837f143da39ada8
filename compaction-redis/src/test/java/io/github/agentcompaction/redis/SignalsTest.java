package io.github.agentcompaction.redis;

import static io.github.agentcompaction.redis.Stages.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.store.LeaseGrant;
import io.lettuce.core.KillArgs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The signals of one replica reach the other ones. */
@Timeout(120)
class SignalsTest {

    @RegisterExtension
    static final TestRedis redis = new TestRedis();

    private static final String MISSED = "may have missed some";

    private RedisStore oneStore;
    private RedisStore twoStore;
    private RedisAgentStore one;
    private RedisAgentStore two;

    @BeforeEach
    void startReplicas() {
        oneStore = redis.replica();
        twoStore = redis.replica();
        one = oneStore.agent("planner: first");
        two = twoStore.agent("planner: first");
    }

    @Test
    void release_isHeardByTheOtherReplica_atOnce() throws Exception {
        Heard heard = listen(two);
        Duration fastest = Duration.ofDays(1);

        for (String id : SessionIdsTest.IDS) {
            LeaseGrant grant = get(one.tryAcquire(id, "t")).grant().orElseThrow();
            long start = System.nanoTime();
            get(one.release(grant, false));
            assertThat(heard.next()).isEqualTo(id);
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            fastest = took.compareTo(fastest) < 0 ? took : fastest;
        }
        assertThat(fastest).isLessThan(Duration.ofMillis(100));
    }

    @Test
    void release_isHeardByEveryListenerOfTheAgent_overOneSubscription() throws Exception {
        Heard own = listen(one);
        Heard first = listen(two);
        Heard second = listen(two);
        Heard otherAgent = listen(twoStore.agent("researcher"));
        Heard otherNamespace = listen(redis.closedAfterTest(RedisStore.builder(redis.connections())
                        .namespace("another")
                        .build())
                .agent("planner"));

        compact("s");

        assertThat(own.next()).isEqualTo("s");
        assertThat(first.next()).isEqualTo("s");
        assertThat(second.next()).isEqualTo("s");
        assertThat(otherAgent.all).isEmpty();
        assertThat(otherNamespace.all).isEmpty();
        assertThat(redis.subscribers("test:released")).as("one of each store").isEqualTo(2);
    }

    @Test
    void abandon_ofWhatWasHeld_isHeard() throws Exception {
        Heard heard = listen(two);
        get(one.tryAcquire("s", "t"));

        get(one.abandon("s", "never granted"));
        get(one.abandon("s", "t"));

        assertThat(heard.next()).isEqualTo("s");
        assertThat(heard.all).isEmpty();
    }

    @Test
    void listener_thatComesLater_isToldThatItMayHaveMissedSome() throws Exception {
        listen(two);
        Heard later = new Heard();

        redis.closedAfterTest(two.onReleased(later));

        assertThat(later.next()).isEqualTo(MISSED);
    }

    @Test
    void closedListener_hearsNothing() throws Exception {
        Heard open = listen(two);
        Heard closed = new Heard();
        AutoCloseable signals = two.onReleased(closed);
        assertThat(closed.next()).isEqualTo(MISSED);

        signals.close();
        compact("s");

        assertThat(open.next()).isEqualTo("s");
        assertThat(closed.all).isEmpty();
    }

    @Test
    void listenerThatThrows_harmsNoOther() throws Exception {
        redis.closedAfterTest(two.onReleased(session -> {
            throw new IllegalStateException("a listener's");
        }));
        Heard heard = listen(two);

        compact("s");
        assertThat(heard.next()).isEqualTo("s");
        compact("s2");
        assertThat(heard.next()).isEqualTo("s2");
    }

    @Test
    void killedConnection_isResubscribed_andToldAsMissed() throws Exception {
        Heard heard = listen(two);

        for (int i = 0; i < 3; i++) {
            redis.admin().clientKill(KillArgs.Builder.typePubsub());
            compact("unheard" + i);
            heard.awaitMissed();
            compact("s" + i);
            assertThat(heard.next()).isEqualTo("s" + i);
        }
    }

    @Test
    void restartedRedis_isResubscribed_andToldAsMissed() throws Exception {
        Heard heard = listen(two);

        redis.stop();
        redis.start();

        heard.awaitMissed();
        compact("s");
        assertThat(heard.next()).isEqualTo("s");
    }

    @Test
    void redisThatIsDownAtTheStart_isSubscribedLater() throws Exception {
        redis.stop();
        Heard heard = new Heard();
        try (LoggedWarnings log = new LoggedWarnings()) {
            redis.closedAfterTest(two.onReleased(heard));
            await().untilAsserted(() -> assertThat(log.messages())
                    .singleElement()
                    .asString()
                    .startsWith("No signals of released leases from Redis: the channel test:released cannot be"));
            redis.start();

            heard.awaitMissed();
            compact("s");
            assertThat(heard.next()).isEqualTo("s");
            assertThat(log.messages()).as("one warning for an outage").hasSize(1);
        }
    }

    @Test
    void close_endsTheSubscription() throws Exception {
        Heard heard = listen(two);
        listen(one);
        assertThat(redis.subscribers("test:released")).isEqualTo(2);

        twoStore.close();

        await().until(() -> redis.subscribers("test:released") == 1);
        compact("s");
        assertThat(heard.all).isEmpty();
    }

    private void compact(String session) {
        get(one.release(get(one.tryAcquire(session, "t-" + session)).grant().orElseThrow(), true));
    }

    /** {@return what is heard from now on, when the subscription is up} */
    private static Heard listen(RedisAgentStore store) {
        Heard heard = new Heard();
        redis.closedAfterTest(store.onReleased(heard));
        heard.awaitMissed();
        return heard;
    }

    /** What a listener was told. */
    private static final class Heard implements Consumer<@Nullable String> {

        final BlockingQueue<String> all = new LinkedBlockingQueue<>();

        @Override
        public void accept(@Nullable String session) {
            all.add(session == null ? MISSED : session);
        }

        /** Of a signal that may have been missed two may be told: by the listener of Lettuce, and by the command's end. */
        @Nullable
        String next() throws InterruptedException {
            return all.poll(10, TimeUnit.SECONDS);
        }

        void awaitMissed() {
            await().until(() -> all.contains(MISSED));
            List<String> before = new ArrayList<>();
            await().during(Duration.ofMillis(50)).until(() -> all.drainTo(before) == 0);
        }
    }
}
