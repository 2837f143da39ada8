package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** The table and its names. */
class SchemaTest extends DatabaseTest {

    @Test
    void initialize_again_keepsTheTable() throws Exception {
        JdbcStore store = store();
        acquired(store.agent("a"), "s", "r1/1");

        store.initialize();

        assertThat(isBusy(get(store.agent("a").tryAcquire("s", "r2/1")))).isTrue();
    }

    @Test
    void initialize_byReplicasAtOnce_worksForAll() throws Exception {
        ExecutorService replicas = Executors.newFixedThreadPool(4);
        try {
            CountDownLatch start = new CountDownLatch(1);
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                JdbcStore store = opened(
                        JdbcStore.builder(pool, manager).tablePrefix(prefix).build());
                ends.add(replicas.submit(() -> {
                    start.await();
                    store.initialize();
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> end : ends) {
                end.get(20, TimeUnit.SECONDS);
            }
        } finally {
            replicas.shutdownNow();
        }
    }

    /** Rule 14: on H2 a CHECK dies with the connection that made it; our table has none. */
    @Test
    void table_outlivesTheConnectionThatMadeIt() throws Exception {
        try (HikariDataSource first = database.pool(name, "", config -> {});
                JdbcStore store = JdbcStore.builder(first, new JdbcTransactionManager(first))
                        .tablePrefix(prefix)
                        .build()) {
            store.initialize();
        }

        acquired(
                opened(JdbcStore.builder(pool, manager).tablePrefix(prefix).build())
                        .agent("a"),
                "s",
                "r1/1");
    }

    @Test
    void tablePrefix_withASchema_isFoundThere() throws Exception {
        String schema = database == TestDatabase.MARIADB ? "sample" : "public";
        JdbcStore store = store(pool, manager, b -> b.tablePrefix(schema + "." + prefix));
        store.verify();

        acquired(store.agent("a"), "s", "r1/1");

        assertThat(isBusy(get(store().agent("a").tryAcquire("s", "r2/1")))).isTrue();
    }

    @Test
    void verify_withoutTheTable_tellsHowToCreateIt() {
        JdbcStore store =
                opened(JdbcStore.builder(pool, manager).tablePrefix(prefix).build());

        assertThatIllegalStateException()
                .isThrownBy(store::verify)
                .withMessageContaining("is missing")
                .withMessageContaining("schema-<database>.sql")
                .withMessageContaining("initialize()");
    }

    @Test
    void builder_wrongValues_areRefused() {
        JdbcStore.Builder builder = JdbcStore.builder(pool, manager);

        for (String wrong : List.of("", "a b", "a;", "1a", "a.b.c_", "a-b", "x".repeat(49), "a.")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.tablePrefix(wrong))
                    .withMessageContaining("tablePrefix must be");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.lease(Duration.ofMillis(1999)))
                .withMessage("lease must be 2 seconds or longer, but was PT1.999S");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.timeToLive(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.commandTimeout(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.namespace(" "));
    }
}
