package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.store.LeaseGrant;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Rows that nobody uses go; what they brought does not come back. */
class PurgeTest extends DatabaseTest {

    @Test
    void purge_deletesIdleRows_butNoHeldLeaseAndNoSummaryToTake() throws Exception {
        JdbcStore store = store(pool, manager, b -> b.timeToLive(Duration.ofMinutes(2)));
        JdbcAgentStore agent = store.agent("a");
        get(agent.release(acquired(agent, "idle", "r1/1"), true));
        acquired(agent, "held", "r1/2");
        acquired(agent, "expired", "r1/3");
        get(agent.put("summary", "text"));
        get(agent.put("taken", "text"));
        get(agent.take("taken", "t"));
        get(agent.put("old summary", "text"));
        jdbc.update("UPDATE " + prefix + "session SET summary_at = 1 WHERE session_id = 'old%20summary'");
        store.<Boolean>exclusively("idle", () -> true);
        expire("expired");
        jdbc.update("UPDATE " + prefix + "session SET touched_at = 1");
        get(agent.put("fresh", "text"));

        JdbcStore next = store(pool, manager, b -> b.timeToLive(Duration.ofMinutes(2)));
        get(next.agent("a").tryAcquire("new", "r2/1"));
        next.<Boolean>exclusively("new", () -> true);

        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(sessions()).containsExactlyInAnyOrder("held", "summary", "fresh", "new", "new"));
    }

    @Test
    void purge_ofMoreThanABatch_deletesAll() throws Exception {
        JdbcStore store = store();
        JdbcAgentStore agent = store.agent("a");
        for (int i = 0; i < 2 * IdleRows.BATCH + 5; i++) {
            get(agent.put("s" + i, "text"));
        }
        jdbc.update("UPDATE " + prefix + "session SET touched_at = 1, summary_at = 1");

        get(store().agent("a").tryAcquire("new", "r1/1"));

        Awaitility.await().untilAsserted(() -> assertThat(sessions()).containsExactly("new"));
    }

    @Test
    void purge_happensOnceInAPeriod() throws Exception {
        JdbcAgentStore rare = store().agent("a");
        get(rare.tryAcquire("first", "r1/1")); // the one of this minute
        Awaitility.await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
        get(rare.put("idle", "text"));
        jdbc.update("UPDATE " + prefix + "session SET touched_at = 1, summary_at = 1 WHERE session_id = 'idle'");

        for (int i = 0; i < 20; i++) {
            get(rare.tryAcquire("s" + i, "r1/2"));
        }
        assertThat(sessions()).contains("idle");

        JdbcAgentStore frequent =
                store(pool, manager, b -> b.purgePeriod(Duration.ZERO)).agent("a");
        get(frequent.tryAcquire("another", "r2/1"));
        Awaitility.await().untilAsserted(() -> assertThat(sessions()).doesNotContain("idle"));
    }

    /** Rule 15. */
    @Test
    void deletedRow_bringsNoOldEpochOrFenceBack() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant old = acquired(agent, "s", "r1/1");
        get(agent.release(old, true));
        long compacted = get(agent.inspect("s")).epoch();

        jdbc.update("DELETE FROM " + prefix + "session");
        assertThat(get(agent.renew(old))).isFalse();
        assertThat(agent.commit(old, () -> {})).isFalse();
        LeaseGrant next = acquired(agent, "s", "r1/2");

        assertThat(next.epoch()).isGreaterThan(compacted);
        assertThat(next.fence()).isGreaterThan(old.fence());
        assertThat(agent.commit(old, () -> {})).isFalse();
    }

    private List<String> sessions() {
        return jdbc.queryForList("SELECT session_id FROM " + prefix + "session", String.class);
    }
}
