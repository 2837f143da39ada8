package io.github.agentcompaction.jdbc;

import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.InvalidIsolationLevelException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionCallback;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The transactions in which the store and the history are written together: its own, or one of a caller if that protects the
 * history as well. Thread-safe.
 */
final class Transactions {

    private static final System.Logger log = System.getLogger(JdbcStore.class.getName());

    private final DataSource dataSource;
    private final Participants participants;
    private final Tables tables;
    private final JdbcTemplate jdbc;
    private final TransactionTemplate template;

    /** The connection of the store's transaction that this thread is in. */
    private final ThreadLocal<ConnectionHolder> own = new ThreadLocal<>();

    private volatile boolean checked;

    /** @param limit how long a transaction may take */
    Transactions(DataSource dataSource, PlatformTransactionManager manager, Tables tables, Duration limit) {
        this.dataSource = dataSource;
        this.participants = new Participants(dataSource, manager);
        this.tables = tables;
        this.jdbc = new JdbcTemplate(dataSource);
        this.template = new TransactionTemplate(manager);
        template.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
        template.setTimeout((int) Math.min(Integer.MAX_VALUE, limit.toSeconds()));
    }

    /** Runs work in a transaction of the store's own. */
    <T extends @Nullable Object> T begin(Function<SessionTable, T> work) {
        return execute(status -> {
            ConnectionHolder connection = participants.requireConnection();
            if (!checked) {
                requireReadCommitted("The store's own transaction");
                checked = true;
            }
            ConnectionHolder outer = own.get(); // of a write that has suspended its transaction
            own.set(connection);
            try {
                return work.apply(tables.on(jdbc));
            } finally {
                Database.forgetQueryTimeout(connection.getConnection());
                if (outer == null) {
                    own.remove();
                } else {
                    own.set(outer);
                }
            }
        });
    }

    private <T extends @Nullable Object> T execute(TransactionCallback<T> work) {
        try {
            return template.execute(work);
        } catch (InvalidIsolationLevelException e) {
            throw new IllegalStateException(
                    participants.manager()
                            + " cannot begin a transaction at READ COMMITTED, which the JDBC store needs. "
                            + "Give a JpaTransactionManager the dialect of its provider, such as HibernateJpaDialect, or "
                            + "give the store and the history's repository a JdbcTransactionManager.",
                    e);
        }
    }

    /** {@return whether this thread is inside of {@link #begin}, and not in another transaction that was begun in there} */
    boolean isInOwn() {
        ConnectionHolder connection = own.get();
        return connection != null && connection == TransactionSynchronizationManager.getResource(dataSource);
    }

    /** {@return whether this thread is in any transaction} */
    static boolean isActive() {
        return TransactionSynchronizationManager.isActualTransactionActive();
    }

    /**
     * Reads on the connection that this thread holds.
     *
     * @param select takes no locks
     * @return empty if the thread holds none, or it fails, or a SELECT in its transaction might take locks or see what another
     *     one has not committed
     */
    <T> Optional<T> look(Function<SessionTable, T> select) {
        if (participants.bound() == null) {
            return Optional.empty();
        }
        try {
            int level = isolation();
            return level == Connection.TRANSACTION_READ_COMMITTED || level == Connection.TRANSACTION_REPEATABLE_READ
                    ? Optional.of(join(select))
                    : Optional.empty();
        } catch (DataAccessException e) { // such as that the transaction has failed before
            log.log(Level.DEBUG, "The connection that this thread holds did not answer the JDBC store", e);
            return Optional.empty();
        }
    }

    /** Runs work in the transaction that is active, which {@link #requireProtecting} has approved. */
    <T extends @Nullable Object> T join(Function<SessionTable, T> work) {
        return work.apply(tables.on(jdbc));
    }

    /** Refuses a caller's transaction in which a write of the history would not be exclusive, or not be rolled back. */
    void requireProtecting() {
        if (isInOwn()) {
            return;
        }
        participants.requireJoinable();
        if (TransactionSynchronizationManager.isCurrentTransactionReadOnly()) {
            throw new IllegalStateException("The active transaction is read-only, so it cannot write the history. "
                    + "Remove readOnly from it, or write outside of it.");
        }
        requireReadCommitted("The active transaction");
    }

    private void requireReadCommitted(String what) {
        int level = isolation();
        if (level != Connection.TRANSACTION_READ_COMMITTED) {
            throw new IllegalStateException(
                    what + " runs at " + isolation(level) + "; there it may read the history as it "
                            + "was before another replica's write, and lose that write. Begin it with isolation READ_COMMITTED, make "
                            + "that the default of the connection pool, or write outside of a transaction.");
        }
    }

    /** Asks the connection: to ask a manager for another level when joining has no effect. */
    private int isolation() {
        return jdbc.execute((ConnectionCallback<Integer>) Connection::getTransactionIsolation);
    }

    private static String isolation(int level) {
        return switch (level) {
            case Connection.TRANSACTION_READ_UNCOMMITTED -> "READ UNCOMMITTED";
            case Connection.TRANSACTION_REPEATABLE_READ -> "REPEATABLE READ";
            case Connection.TRANSACTION_SERIALIZABLE -> "SERIALIZABLE";
            default -> "isolation level " + level;
        };
    }

    /**
     * Begins a transaction and looks at it and at the table, unless the database is down.
     *
     * @throws IllegalStateException if the store could not work with this manager, database or table
     */
    void verify() {
        participants.verify();
        try {
            begin(table -> table.read(RowKey.ofHistory("")));
        } catch (BadSqlGrammarException e) {
            throw new IllegalStateException(
                    "The table of the JDBC store is missing, or not the one of this version. Create it with the script "
                            + "schema-<database>.sql in the package io.github.agentcompaction.jdbc, or call initialize() first.",
                    e);
        } catch (RuntimeException e) {
            if (!isDown(e)) {
                throw e;
            }
            log.log(
                    Level.WARNING,
                    "The database of the JDBC store does not answer, so the transaction manager, the isolation level and the"
                            + " table are not checked before their first use; a table that is missing has to be created when"
                            + " the database is back, in Spring Boot by a restart.",
                    e);
        }
    }

    static boolean isDown(RuntimeException e) {
        return e instanceof CannotCreateTransactionException
                || e instanceof CannotGetJdbcConnectionException
                || e instanceof QueryTimeoutException
                || Failures.isConnectionLost(e);
    }

    /** Runs a write in a transaction that is rolled back. */
    void rollBack(Runnable write) {
        execute(status -> {
            status.setRollbackOnly();
            write.run();
            return true;
        });
    }

    String manager() {
        return participants.manager();
    }
}
