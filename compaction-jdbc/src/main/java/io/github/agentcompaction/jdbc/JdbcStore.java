package io.github.agentcompaction.jdbc;

import io.github.agentcompaction.store.HistoryGuard;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.ClassUtils;

/**
 * A store in the database that holds the conversations, which the replicas of a service share: H2, PostgreSQL, MySQL or MariaDB.
 * One for each application; {@link #agent} gives each agent its own.
 *
 * <p>The store, the history's repository and all transactions in which the history is written need the same DataSource object and
 * the same transaction manager; {@link #verify()} and {@link #verifyHistory} tell at the start if they have not. All
 * transactions run at READ COMMITTED.
 *
 * <p><b>Thread safety.</b> Thread-safe. The store has three threads at most, which end when they are idle, a timer, which needs
 * no connection, and one thread more while a session waits for its lease, on PostgreSQL two or, for a moment, three. Each uses
 * one connection at a time. A pool should have three connections or more; while one listens on PostgreSQL, everything else needs
 * another, so where none comes the store stops listening for a while.
 *
 * <p><b>Time limits.</b> Stages fail after twice the command timeout whatever the database does. {@link #exclusively} and
 * {@link JdbcAgentStore#commit} run on the calling thread, in a transaction limited to the lease; where the network swallows
 * packets only the driver ends their waiting, so set its socket timeout.
 */
public final class JdbcStore implements HistoryGuard, AutoCloseable {

    /** How long a lease lasts if not set: 30 seconds. */
    public static final Duration DEFAULT_LEASE = Duration.ofSeconds(30);

    /** How long summaries and idle sessions are kept if not set: one hour. */
    public static final Duration DEFAULT_TIME_TO_LIVE = Duration.ofHours(1);

    /** The time limit of a statement if not set: 2 seconds. */
    public static final Duration DEFAULT_COMMAND_TIMEOUT = Duration.ofSeconds(2);

    /** H2 ends a wait for a row after two seconds, also if the limit is one. */
    private static final Duration LATE = Duration.ofMillis(500);

    private final Duration lease;
    private final Duration timeToLive;
    private final String namespace;
    private final StoreThreads threads;
    private final Attempts attempts;
    private final Database database;
    private final Tables tables;
    private final Transactions transactions;
    private final HistoryProbe history;
    private final GuardedWrites writes;
    private final WaitingSessions sessions = new WaitingSessions();
    private final ReleasePoller poller;
    private final Purge purge;
    private final Schema schema;

    private JdbcStore(Builder builder) {
        DataSource dataSource = builder.dataSource;
        String channel = builder.listen ? builder.channel() : null;
        lease = builder.lease;
        timeToLive = builder.timeToLive;
        namespace = builder.namespace;
        threads = new StoreThreads(builder.commandTimeout.multipliedBy(2).plus(LATE));
        attempts = new Attempts(builder.commandTimeout);
        database = new Database(dataSource, builder.commandTimeout);
        tables = new Tables(builder.tablePrefix, channel);
        transactions = new Transactions(dataSource, builder.transactionManager, tables, lease);
        history = new HistoryProbe(transactions, threads, lease);
        writes = new GuardedWrites(transactions, history, new Attempts(lease));
        poller = new ReleasePoller(
                sessions, database, tables, threads, listener(builder, channel), new ListenPause(System::nanoTime));
        purge = new Purge(database, tables, threads, builder.purgePeriod);
        schema = new Schema(dataSource, builder.tablePrefix);
    }

    private static SignalListener listener(Builder builder, @Nullable String channel) {
        ClassLoader loader = JdbcStore.class.getClassLoader();
        return channel != null && ClassUtils.isPresent("org.postgresql.PGConnection", loader)
                ? new PostgresListener(builder.dataSource, channel, builder.commandTimeout)
                : SignalListener.NONE;
    }

    /**
     * Begins a store.
     *
     * @param dataSource the one of the history's repository, the same object
     * @param transactionManager the one of the history's repository, which manages that DataSource
     * @return sets what differs from the defaults
     */
    public static Builder builder(DataSource dataSource, PlatformTransactionManager transactionManager) {
        return new Builder(dataSource, transactionManager);
    }

    /**
     * {@return an agent's leases and summaries, with the store's time to live}
     *
     * @param agent the agent's name, the same in all replicas
     */
    public JdbcAgentStore agent(String agent) {
        return agent(agent, timeToLive);
    }

    /**
     * {@return an agent's leases and summaries}
     *
     * @param agent the agent's name, the same in all replicas
     * @param timeToLive how long a summary may be taken and an idle session is remembered
     */
    public JdbcAgentStore agent(String agent, Duration timeToLive) {
        Objects.requireNonNull(agent, "agent must not be null");
        return new JdbcAgentStore(this, RowKey.agent(namespace, agent), requireTimeToLive(timeToLive));
    }

    /**
     * {@inheritDoc}
     *
     * <p>Joins an active transaction only if it is one of the store's transaction manager over its DataSource, at READ
     * COMMITTED, and not read-only. All that such a transaction does afterwards, until its end, keeps the other replicas from
     * writing this session's history, so keep it short.
     *
     * <p>Outside of a transaction the write runs in one of its own, and again after a deadlock, a conflict or a lost connection,
     * but never after an error of the commit itself, which leaves open what came of it. It waits for other writes of the session
     * in this process as long as a lease lasts, unless it is interrupted.
     *
     * @throws org.springframework.dao.DataAccessException if the database fails repeatedly, or keeps other writes of the
     *     session from ending
     * @throws org.springframework.transaction.TransactionException if no transaction can be begun or ended
     */
    @Override
    public <T extends @Nullable Object> T exclusively(String session, Supplier<T> write) {
        Objects.requireNonNull(session, "session must not be null");
        Objects.requireNonNull(write, "write must not be null");
        T result = writes.exclusively(RowKey.ofHistory(session), write);
        purge.ifDue(RowKey.HISTORY, timeToLive);
        return result;
    }

    /**
     * Creates the table if it is missing.
     *
     * @throws UnsupportedOperationException if the database is none that the store knows
     * @throws org.springframework.dao.DataAccessException if the database cannot be asked, or refuses
     */
    public void initialize() {
        schema.createIfMissing();
    }

    /**
     * {@return whether the database lives in this process and ends with it}
     *
     * @throws org.springframework.dao.DataAccessException if the database cannot be asked
     */
    public boolean isEmbedded() {
        return schema.isEmbedded();
    }

    /**
     * Checks at the start that the store can work: the transaction manager manages the DataSource, its transactions run at READ
     * COMMITTED, and the table is there. If the database is down, logs a warning and leaves the checks to the first use.
     *
     * @throws IllegalStateException if the store cannot work; the message says why, and what to do
     * @throws UnsupportedOperationException if the database is none that the store knows
     */
    public void verify() {
        transactions.verify();
    }

    /**
     * Checks at the start that the history's writes take part in the store's transactions: saves a conversation in one, rolls it
     * back, and looks whether it is still there. If the database is down, logs a warning, and does so before each use of the
     * store, until it has succeeded once: what is thrown here is thrown there, and stages fail with it.
     *
     * @param saveProbe saves a conversation of an id that nobody uses, as the history's repository does; may be called later,
     *     as the others, on any thread
     * @param isThere whether that conversation exists
     * @param remove removes it
     * @throws IllegalStateException if the conversation is still there; it is removed before
     */
    public void verifyHistory(Runnable saveProbe, BooleanSupplier isThere, Runnable remove) {
        history.verify(saveProbe, isThere, remove);
    }

    /** Ends the store's threads, after what they are doing. Leases are not released; they expire. */
    @Override
    public void close() {
        poller.close();
        threads.close();
    }

    <T extends @Nullable Object> CompletionStage<T> submit(Function<SessionTable, T> work) {
        return submit(work, late -> {});
    }

    /** Runs statements on a thread of the store, again if they fail for a reason that passes: each is idempotent. */
    <T extends @Nullable Object> CompletionStage<T> submit(Function<SessionTable, T> work, Consumer<T> late) {
        return threads.submit(
                () -> attempts.run(
                        () -> {
                            history.requireVerifiedBeforeQuestion();
                            return database.run(jdbc -> work.apply(tables.on(jdbc)));
                        },
                        Failures::isTransient),
                late);
    }

    /** {@return what a SELECT without locks finds on the connection that this thread holds; empty if it must not be asked} */
    <T> Optional<T> look(Function<SessionTable, T> select) {
        return history.isPending() ? Optional.empty() : transactions.look(select);
    }

    Duration lease() {
        return lease;
    }

    Transactions transactions() {
        return transactions;
    }

    HistoryProbe history() {
        return history;
    }

    GuardedWrites writes() {
        return writes;
    }

    WaitingSessions sessions() {
        return sessions;
    }

    ReleasePoller poller() {
        return poller;
    }

    Purge purge() {
        return purge;
    }

    private static Duration requireTimeToLive(Duration timeToLive) {
        Objects.requireNonNull(timeToLive, "timeToLive must not be null");
        if (timeToLive.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("timeToLive must be a second or longer, but was " + timeToLive);
        }
        return timeToLive;
    }

    /** Sets what of a {@link JdbcStore} differs from the defaults. Not thread-safe. */
    public static final class Builder {

        private static final Pattern PREFIX =
                Pattern.compile("([A-Za-z_][A-Za-z0-9_]*\\.)?[A-Za-z_][A-Za-z0-9_]{0,47}");

        private static final int CHANNEL_LENGTH = 63; // of PostgreSQL's identifiers
        private static final Duration SHORTEST_LEASE = Duration.ofSeconds(2);

        private final DataSource dataSource;
        private final PlatformTransactionManager transactionManager;
        private String namespace = "default";
        private String tablePrefix = "compaction_";
        private Duration lease = DEFAULT_LEASE;
        private Duration timeToLive = DEFAULT_TIME_TO_LIVE;
        private Duration commandTimeout = DEFAULT_COMMAND_TIMEOUT;
        private Duration purgePeriod = Duration.ofMinutes(1);
        private boolean listen = true;

        private Builder(DataSource dataSource, PlatformTransactionManager transactionManager) {
            Objects.requireNonNull(dataSource, "dataSource must not be null");
            DataSource target =
                    dataSource instanceof TransactionAwareDataSourceProxy proxy ? proxy.getTargetDataSource() : null;
            this.dataSource = target == null ? dataSource : target; // transaction managers do the same
            this.transactionManager = Objects.requireNonNull(transactionManager, "transactionManager must not be null");
        }

        /**
         * Keeps the agents of services apart that share a table.
         *
         * @param namespace any text that is not blank; "default" if not set
         * @return this
         */
        public Builder namespace(String namespace) {
            if (Objects.requireNonNull(namespace, "namespace must not be null").isBlank()) {
                throw new IllegalArgumentException("namespace must not be blank");
            }
            this.namespace = namespace;
            return this;
        }

        /**
         * Sets what the table's name begins with, before "session".
         *
         * @param tablePrefix letters, digits and underscores, after a schema and a dot if wanted; "compaction_" if not set
         * @return this
         */
        public Builder tablePrefix(String tablePrefix) {
            if (!PREFIX.matcher(Objects.requireNonNull(tablePrefix, "tablePrefix must not be null"))
                    .matches()) {
                throw new IllegalArgumentException(
                        "tablePrefix must be 1 to 48 letters, digits and underscores that begin with "
                                + "no digit, after a schema and a dot if wanted, but was '" + tablePrefix + "'");
            }
            this.tablePrefix = tablePrefix;
            return this;
        }

        /**
         * Sets how long a lease lasts that is not renewed: so long do others wait after a replica has died. It also limits how
         * long a commit or an exclusive write may take.
         *
         * @param lease 2 seconds or longer; 30 seconds if not set
         * @return this
         */
        public Builder lease(Duration lease) {
            if (Objects.requireNonNull(lease, "lease must not be null").compareTo(SHORTEST_LEASE) < 0) {
                throw new IllegalArgumentException("lease must be 2 seconds or longer, but was " + lease);
            }
            this.lease = lease;
            return this;
        }

        /**
         * Sets how long a summary may be taken, and after how long an idle session's row is deleted.
         *
         * @param timeToLive a second or longer; an hour if not set
         * @return this
         */
        public Builder timeToLive(Duration timeToLive) {
            this.timeToLive = requireTimeToLive(timeToLive);
            return this;
        }

        /**
         * Sets how long a statement on a lease or a summary may take. Stages fail after twice that time and
         * a little.
         *
         * @param commandTimeout longer than zero, rounded up to whole seconds; 2 seconds if not set
         * @return this
         */
        public Builder commandTimeout(Duration commandTimeout) {
            Objects.requireNonNull(commandTimeout, "commandTimeout must not be null");
            if (commandTimeout.isZero()
                    || commandTimeout.isNegative()
                    || commandTimeout.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException(
                        "commandTimeout must be longer than zero and no longer than an hour, but was "
                                + commandTimeout);
            }
            this.commandTimeout =
                    Duration.ofSeconds(commandTimeout.plusNanos(999_999_999).toSeconds());
            return this;
        }

        /**
         * Sets whether PostgreSQL tells of leases that come free, by NOTIFY, so that a waiting task of another replica goes on
         * after milliseconds instead of up to a second. It takes a connection while a task waits. Other databases are polled.
         *
         * @param listen true if not set
         * @return this
         */
        public Builder listen(boolean listen) {
            this.listen = listen;
            return this;
        }

        /** How often an agent's idle rows are looked for at most. */
        Builder purgePeriod(Duration purgePeriod) {
            this.purgePeriod = purgePeriod;
            return this;
        }

        /**
         * {@return the store}
         *
         * <p>Asks no database. {@link JdbcStore#initialize} and {@link JdbcStore#verify} do.
         */
        public JdbcStore build() {
            return new JdbcStore(this);
        }

        /** Where PostgreSQL tells of the replicas of this service. */
        private String channel() {
            String readable = tablePrefix + "released/" + RowKey.agent(namespace, "");
            return readable.length() <= CHANNEL_LENGTH
                    ? readable
                    : tablePrefix.substring(0, Math.min(20, tablePrefix.length()))
                            + UUID.nameUUIDFromBytes(readable.getBytes(StandardCharsets.UTF_8));
        }
    }
}
