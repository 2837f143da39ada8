package io.github.agentcompaction.jdbc;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.TransientDataAccessException;

/** Tells the failures of a database apart by what may be done after them. */
final class Failures {

    /** MariaDB's "record has changed since last read", which Spring does not know as transient. */
    private static final int RECORD_HAS_CHANGED = 1020;

    /** MariaDB's "connection was killed". */
    private static final int CONNECTION_KILLED = 1927;

    /** MariaDB's and MySQL's "lock wait timeout exceeded". */
    private static final int LOCK_WAIT_TIMEOUT = 1205;

    /** PostgreSQL's "lock not available". */
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private static final String COMPLETION_UNKNOWN = "40003";

    private Failures() {}

    /** {@return whether the database says that it has rolled back, because of a deadlock or a conflict of two writers} */
    static boolean isConflict(Throwable thrown) {
        return has(thrown, e -> e instanceof ConcurrencyFailureException)
                || hasSql(
                        thrown,
                        e -> state(e).startsWith("40") && !state(e).equals(COMPLETION_UNKNOWN)
                                || e.getErrorCode() == RECORD_HAS_CHANGED);
    }

    /** {@return whether the same work, as far as it was not committed, may succeed when it is repeated} */
    static boolean isTransient(Throwable thrown) {
        return isConflict(thrown)
                || isConnectionLost(thrown)
                || has(thrown, e -> e instanceof TransientDataAccessException && !(e instanceof QueryTimeoutException));
    }

    /** {@return whether the time for a statement is over, most likely because another transaction holds the row's lock} */
    static boolean isRowLocked(Throwable thrown) {
        return has(thrown, e -> e instanceof QueryTimeoutException)
                || hasSql(thrown, e -> state(e).equals(LOCK_NOT_AVAILABLE) || e.getErrorCode() == LOCK_WAIT_TIMEOUT);
    }

    /** {@return whether the connection is gone, as that of a pool may be on arrival} */
    static boolean isConnectionLost(Throwable thrown) {
        return hasSql(
                thrown,
                e -> e instanceof SQLRecoverableException
                        || e instanceof SQLNonTransientConnectionException
                        || state(e).startsWith("08")
                        || state(e).startsWith("57P0") // PostgreSQL's administrator ended the connection or the server
                        || e.getErrorCode() == CONNECTION_KILLED);
    }

    /**
     * {@return the innermost cause's class and the innermost SQLState of a failure of the database, or null if it is none} Not
     * its message, which may quote what was to be written.
     */
    static @Nullable String named(Throwable thrown) {
        List<Throwable> chain = chain(thrown);
        if (!hasSql(thrown, e -> true)) {
            return null;
        }
        String state = chain.stream()
                .map(e -> e instanceof SQLException sql ? state(sql) : "")
                .reduce("", (outer, inner) -> inner.isEmpty() ? outer : inner);
        String name = chain.get(chain.size() - 1).getClass().getName();
        return state.isEmpty() ? name : name + ", SQLState " + state;
    }

    private static String state(SQLException e) {
        return e.getSQLState() == null ? "" : e.getSQLState();
    }

    private static boolean hasSql(Throwable thrown, Predicate<SQLException> test) {
        return has(thrown, e -> e instanceof SQLException sql && test.test(sql));
    }

    private static boolean has(Throwable thrown, Predicate<Throwable> test) {
        return chain(thrown).stream().anyMatch(test);
    }

    /** {@return a failure and its causes} */
    private static List<Throwable> chain(Throwable thrown) {
        Set<Throwable> seen = new LinkedHashSet<>();
        for (@Nullable Throwable e = thrown; e != null && seen.add(e); e = e.getCause()) {
            // The next one.
        }
        return List.copyOf(seen);
    }
}
