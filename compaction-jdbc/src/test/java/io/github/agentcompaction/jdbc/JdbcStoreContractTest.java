package io.github.agentcompaction.jdbc;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.StoreContract;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** What a state does without a store, it does over each database. */
class JdbcStoreContractTest {

    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    private abstract static class OverDatabase extends StoreContract {

        private final TestDatabase database;
        private final List<JdbcStore> stores = new CopyOnWriteArrayList<>();
        private HikariDataSource pool;

        OverDatabase(TestDatabase database) {
            this.database = database;
        }

        @BeforeAll
        void connect() {
            assumeTrue(database.isThere(), database.missing);
            pool = database.pool("contract", "", config -> {});
            newStore().initialize();
        }

        @AfterAll
        void disconnect() {
            stores.forEach(JdbcStore::close);
            if (pool != null) {
                pool.close();
            }
        }

        @Override
        protected SessionCompactionState.Builder share(SessionCompactionState.Builder state) {
            JdbcAgentStore agent = newStore().agent("contract");
            return state.store(agent).summaries(agent);
        }

        private JdbcStore newStore() {
            JdbcStore store = JdbcStore.builder(pool, new JdbcTransactionManager(pool))
                    .namespace(UUID.randomUUID().toString())
                    .tablePrefix("contract_")
                    .build();
            stores.add(store);
            return store;
        }
    }

    @Nested
    class OnH2 extends OverDatabase {
        OnH2() {
            super(TestDatabase.H2);
        }
    }

    @Nested
    class OnPostgresql extends OverDatabase {
        OnPostgresql() {
            super(TestDatabase.POSTGRESQL);
        }
    }

    @Nested
    class OnMariaDb extends OverDatabase {
        OnMariaDb() {
            super(TestDatabase.MARIADB);
        }
    }
}
