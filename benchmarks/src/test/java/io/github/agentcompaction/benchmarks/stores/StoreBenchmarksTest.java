package io.github.agentcompaction.benchmarks.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Runs everything once, as small as it goes, on the servers that are there. */
class StoreBenchmarksTest {

    private static final String CHAT_MEMORY = "org/springframework/ai/chat/memory/repository/jdbc/schema-h2.sql";

    @Test
    void effort_ofArguments() {
        assertThat(StoreEffort.of()).isEqualTo(StoreEffort.FULL);
        assertThat(StoreEffort.of("quick")).isEqualTo(StoreEffort.QUICK);
        assertThat(StoreEffort.of("5").rounds()).isEqualTo(5);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StoreEffort.of("2"))
                .withMessageContaining("3 to 9999, but was '2'");
    }

    @Test
    void servers_thatAreMissing_haveNoPeers() {
        assertThat(new Servers(0, "").peers()).isEmpty();
        assertThat(new Servers(1, "").peers()).isNotEmpty().allMatch(Peer::isRedis);
        assertThat(new Servers(0, "schema").peers()).hasSize(3).noneMatch(Peer::isRedis);
    }

    @Test
    void storeLocks_overRedis_comparesWithEachPeer() throws Exception {
        Optional<RedisServer> started = RedisServer.start();
        assumeTrue(started.isPresent(), RedisServer.MISSING);
        try (RedisServer redis = started.orElseThrow()) {
            StoreLocks locks = new StoreLocks(StoreEffort.QUICK, new Servers(redis.port(), ""));

            locks.measure();

            assertThat(locks.goals().toString().lines())
                    .anyMatch(line -> line.contains("a session each") && line.contains("at least 2"))
                    .anyMatch(line -> line.contains("hand-over") && line.contains("at most 1"))
                    .anyMatch(line -> line.contains("after a cancel"));
        }
    }

    @Test
    void storeLocks_overPostgres_comparesWithEachPeer() throws Exception {
        assumeTrue(Postgres.isThere(), Postgres.MISSING);
        try (Postgres postgres = new Postgres()) {
            StoreLocks locks = new StoreLocks(StoreEffort.QUICK, new Servers(0, postgres.schema()));

            locks.measure();

            assertThat(locks.goals().toString()).contains("ShedLock").contains("at least 1");
        }
    }

    @Test
    void chatMemoryAppend_onH2_hasALineForEachLength() {
        try (HikariDataSource database = ChatMemoryAppend.h2()) {
            Postgres.create(database, CHAT_MEMORY);

            String goals =
                    new ChatMemoryAppend(StoreEffort.QUICK, database).measure().toString();

            assertThat(goals).contains("20 messages").contains("200 messages").contains("at most 1.5");
        }
    }
}
