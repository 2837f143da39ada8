package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.store.LeaseGrant;
import jakarta.persistence.EntityManagerFactory;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLNonTransientConnectionException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;

/** Rule 8: the same DataSource object and the same transaction manager, or none of the promises hold. */
class VerifyTest extends DatabaseTest {

    @Test
    void verify_ofTheHistorysOwn_isFine() {
        JdbcStore store = store();

        store.verify();
        probe(store, history());
        // It makes a manager of its own over the same DataSource, which joins ours.
        probe(store, JdbcChatMemoryRepository.builder().dataSource(pool).build());
    }

    @Test
    void verify_managerOfAnotherDataSource_isRefused() {
        JdbcStore store = store(pool, new JdbcTransactionManager(pool("")));

        assertThatIllegalStateException()
                .isThrownBy(store::verify)
                .withMessageContaining("JdbcTransactionManager@")
                .withMessageContaining("HikariDataSource@")
                .withMessageContaining("the same transaction manager");
    }

    /** No database is needed to see that. */
    @Test
    void verify_managerOfAnotherDataSource_whileTheDatabaseIsDown_isRefused() {
        FaultyDataSource down = new FaultyDataSource(pool);
        JdbcStore store = store(pool, new JdbcTransactionManager(down));
        down.onConnect = () -> {
            throw new SQLNonTransientConnectionException("connection refused", "08001");
        };

        assertThatIllegalStateException().isThrownBy(store::verify).withMessageContaining("FaultyDataSource@");
    }

    @Test
    void verify_wrappedDataSource_isRefused_aTransactionAwareProxyIsNot() {
        assertThatIllegalStateException().isThrownBy(store(new DelegatingDataSource(pool), manager)::verify);
        assertThatIllegalStateException().isThrownBy(store(new LazyConnectionDataSourceProxy(pool), manager)::verify);

        store(new TransactionAwareDataSourceProxy(pool), manager).verify();
    }

    /** Both over the lazy one is fine: its connections are real from the first statement on. */
    @Test
    void verify_lazyDataSourceEverywhere_isFine() throws Exception {
        LazyConnectionDataSourceProxy lazy = new LazyConnectionDataSourceProxy(pool);
        JdbcTransactionManager own = new JdbcTransactionManager(lazy);
        JdbcStore store = store(lazy, own);

        store.verify();
        probe(store, history(lazy, own));
        assertThat(store.<String>exclusively("s", () -> "done")).isEqualTo("done");
        LeaseGrant grant = acquired(store.agent("a"), "s", "r1/1");
        assertThat(store.agent("a").commit(grant, () -> {})).isTrue();
    }

    @Test
    void verify_managerWithoutADatabase_isRefused() {
        assertThatIllegalStateException()
                .isThrownBy(store(pool, new NoTransactions())::verify)
                .withMessageContaining("does not manage the connections");
    }

    @Test
    void verify_unknownDatabase_isRefused() {
        DatabaseMetaData oracle = proxy(DatabaseMetaData.class, "getDatabaseProductName", "Oracle");
        AbstractDataSource unknown = new AbstractDataSource() {
            @Override
            public Connection getConnection() {
                return proxy(Connection.class, "getMetaData", oracle);
            }

            @Override
            public Connection getConnection(String user, String password) {
                return getConnection();
            }
        };
        JdbcStore store = opened(
                JdbcStore.builder(unknown, new JdbcTransactionManager(unknown)).build());

        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(store::initialize)
                .withMessageContaining("'Oracle'")
                .withMessageContaining("H2, PostgreSQL, MySQL or MariaDB");
    }

    @Test
    void verifyHistory_otherOrWrappedDataSource_isRefused_andTheProbeRemoved() {
        JdbcStore store = store();
        HikariDataSource other = pool("");
        DelegatingDataSource wrapped = new DelegatingDataSource(pool);

        for (ChatMemoryRepository history : new ChatMemoryRepository[] {
            history(other, new JdbcTransactionManager(other)), history(wrapped, new JdbcTransactionManager(wrapped)),
        }) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> probe(store, history))
                    .withMessageContaining("still there after its rollback")
                    .withMessageContaining("JdbcTransactionManager@")
                    .withMessageContaining("transactionManager(..)");
            assertThat(texts()).isEmpty();
        }
    }

    /** A repository that was built without a manager commits the work of a JPA transaction. */
    @Test
    void verifyHistory_jpaManager_repositoryWithItsOwnManager_isRefused() {
        JpaTransactionManager jpa = jpa();
        JdbcStore store = store(pool, jpa);

        store.verify();
        assertThatIllegalStateException()
                .isThrownBy(() -> probe(
                        store,
                        JdbcChatMemoryRepository.builder().dataSource(pool).build()))
                .withMessageContaining("JpaTransactionManager@");
        assertThat(texts()).isEmpty();
    }

    @Test
    void jpaManager_everywhere_isFine() throws Exception {
        JpaTransactionManager jpa = jpa();
        JdbcStore store = store(pool, jpa);
        ChatMemoryRepository history = history(pool, jpa);
        store.verify();
        probe(store, history);

        LeaseGrant grant = acquired(store.agent("a"), "s", "r1/1");
        assertThat(store.agent("a").commit(grant, () -> history.saveAll(conversation, messages("summary"))))
                .isTrue();
        assertThat(texts()).containsExactly("summary");

        transaction(jpa, TransactionDefinition.ISOLATION_READ_COMMITTED).executeWithoutResult(status -> {
            store.<Boolean>exclusively(conversation, () -> {
                history.saveAll(conversation, messages("gone"));
                return true;
            });
            status.setRollbackOnly();
        });
        assertThat(texts()).containsExactly("summary");
    }

    @Test
    void exclusively_inAJpaTransaction_ofAStoreWithAJdbcManager_isRefused() {
        JdbcStore store = store();

        transaction(jpa(), TransactionDefinition.ISOLATION_READ_COMMITTED)
                .executeWithoutResult(status -> assertThatIllegalStateException()
                        .isThrownBy(() -> store.exclusively("s", () -> "never"))
                        .withMessageContaining("JdbcTransactionManager@")
                        .withMessageContaining("org.hibernate.SessionFactory@"));
    }

    @Test
    void exclusively_inAJdbcTransaction_ofAStoreWithAJpaManager_isRefused() {
        JdbcStore store = store(pool, jpa());

        readCommitted()
                .executeWithoutResult(status -> assertThatIllegalStateException()
                        .isThrownBy(() -> store.exclusively("s", () -> "never"))
                        .withMessageContaining("JpaTransactionManager@"));
    }

    @Test
    void exclusively_inATransactionOfAnotherDataSource_isRefused() {
        JdbcStore store = store();
        JdbcTransactionManager other = new JdbcTransactionManager(pool(""));

        transaction(other, TransactionDefinition.ISOLATION_READ_COMMITTED)
                .executeWithoutResult(status -> assertThatIllegalStateException()
                        .isThrownBy(() -> store.exclusively("s", () -> "never"))
                        .withMessageContaining("holds no connection of com.zaxxer.hikari.HikariDataSource@")
                        .withMessageContaining("JdbcTransactionManager@"));
    }

    private void probe(JdbcStore store, ChatMemoryRepository history) {
        store.verifyHistory(
                () -> history.saveAll(conversation, messages("probe")),
                () -> !history.findByConversationId(conversation).isEmpty(),
                () -> history.deleteByConversationId(conversation));
    }

    private JpaTransactionManager jpa() {
        LocalContainerEntityManagerFactoryBean factory = new LocalContainerEntityManagerFactoryBean();
        factory.setDataSource(pool);
        factory.setPackagesToScan("io.github.agentcompaction.none");
        factory.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
        factory.afterPropertiesSet();
        opened(factory::destroy);
        EntityManagerFactory entities = Objects.requireNonNull(factory.getObject());
        JpaTransactionManager jpa = new JpaTransactionManager(entities);
        jpa.afterPropertiesSet();
        return jpa;
    }

    private static <T> T proxy(Class<T> type, String method, @Nullable Object answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, called, arguments) -> called.getName().equals(method) ? answer : null));
    }

    /** As Spring Batch and messaging have them. */
    private static final class NoTransactions extends AbstractPlatformTransactionManager {

        private static final long serialVersionUID = 1;

        @Override
        protected Object doGetTransaction() {
            return this;
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {}

        @Override
        protected void doCommit(DefaultTransactionStatus status) {}

        @Override
        protected void doRollback(DefaultTransactionStatus status) {}
    }
}
