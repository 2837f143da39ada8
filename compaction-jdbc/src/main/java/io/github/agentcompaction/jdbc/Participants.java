package io.github.agentcompaction.jdbc;

import java.lang.reflect.Proxy;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Tells whether a transaction is one of the store's manager over the store's DataSource: only then are the history and the
 * store's row committed and rolled back together. Thread-safe.
 */
final class Participants {

    private final DataSource dataSource;
    private final PlatformTransactionManager manager;

    /** JDBC's own managers mark the connection that they bind as theirs; JPA's only lends it. */
    private final boolean ownsConnection;

    Participants(DataSource dataSource, PlatformTransactionManager manager) {
        this.dataSource = dataSource;
        this.manager = manager;
        this.ownsConnection = manager instanceof ResourceTransactionManager resource
                && resource.getResourceFactory() instanceof DataSource;
    }

    /** {@return the connection of the store's own transaction} */
    ConnectionHolder requireConnection() {
        ConnectionHolder connection = bound();
        if (connection == null) {
            throw mismatch(manager() + " does not manage the connections of " + name(dataSource) + ".");
        }
        return connection;
    }

    /** Refuses a caller's transaction of another database or manager. */
    void requireJoinable() {
        ConnectionHolder connection = bound();
        if (connection == null) {
            throw mismatch("The active transaction holds no connection of " + name(dataSource)
                    + "; it was not begun by " + manager() + ", but holds " + resources() + ".");
        }
        if (connection.isSynchronizedWithTransaction() != ownsConnection) {
            throw mismatch("The active transaction was begun by another kind of manager than " + manager()
                    + "; it holds " + resources() + ".");
        }
    }

    /** Compares what the manager says without a database. */
    void verify() {
        DataSource managed = managed();
        if (managed != null && managed != dataSource) {
            throw mismatch(manager() + " manages " + name(managed) + ", the store was given " + name(dataSource) + ".");
        }
    }

    String manager() {
        return "the transaction manager " + name(manager);
    }

    /** {@return the connection of the store's DataSource that this thread holds} */
    @Nullable
    ConnectionHolder bound() {
        return TransactionSynchronizationManager.getResource(dataSource) instanceof ConnectionHolder connection
                ? connection
                : null;
    }

    private @Nullable DataSource managed() {
        if (ownsConnection) {
            return (DataSource) ((ResourceTransactionManager) manager).getResourceFactory();
        }
        try { // JPA's manager, without its classes
            return manager.getClass().getMethod("getDataSource").invoke(manager) instanceof DataSource managed
                    ? managed
                    : null;
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    private static IllegalStateException mismatch(String what) {
        return new IllegalStateException(
                Character.toUpperCase(what.charAt(0)) + what.substring(1)
                        + " A rollback would then leave half of what belongs together. Give the store, the history's repository and "
                        + "the callers' transactions the same transaction manager, and the store that manager's DataSource object.");
    }

    /** Names of classes only: a DataSource may print its password. */
    private static String resources() {
        return TransactionSynchronizationManager.getResourceMap().keySet().stream()
                .map(Participants::name)
                .sorted()
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private static String name(Object object) {
        Class<?> type = object.getClass();
        Class<?> telling = Proxy.isProxyClass(type) ? type.getInterfaces()[0] : type; // as JPA's factories are
        return telling.getName() + "@" + Integer.toHexString(System.identityHashCode(object));
    }
}
