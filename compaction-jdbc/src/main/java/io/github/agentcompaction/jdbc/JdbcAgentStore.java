package io.github.agentcompaction.jdbc;

import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import io.github.agentcompaction.store.StoredSession;
import io.github.agentcompaction.store.StoredSummary;
import io.github.agentcompaction.store.SummaryStore;
import io.github.agentcompaction.store.TransactionalLeaseStore;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.QueryTimeoutException;

/**
 * The leases and deferred summaries of one agent in a {@link JdbcStore}.
 *
 * <p><b>Thread safety.</b> Thread-safe. Stages complete on threads of the store, of which there are few: what depends on a stage
 * should not block there.
 *
 * <p><b>Time.</b> All times are those of the database's clock, to the millisecond. The clocks of the replicas do not matter.
 */
public final class JdbcAgentStore implements TransactionalLeaseStore, SummaryStore {

    /** To ask again a moment after a lease has expired, not before. */
    private static final Duration MARGIN = Duration.ofMillis(50);

    /** A commit may hold the row of a lease that has expired or seems free, for as long as its replica is frozen. */
    private static final Duration ROW_LOCKED = Duration.ofSeconds(1);

    private static final Duration LONGEST_RETRY = Duration.ofSeconds(10);
    private static final int TOKEN_LENGTH = 200;

    private final JdbcStore store;
    private final String agent;
    private final Duration timeToLive;

    /** @param agent the value of its column */
    JdbcAgentStore(JdbcStore store, String agent, Duration timeToLive) {
        this.store = store;
        this.agent = agent;
        this.timeToLive = timeToLive;
    }

    @Override
    public Duration lease() {
        return store.lease();
    }

    @Override
    public CompletionStage<LeaseAttempt> tryAcquire(String session, String token) {
        RowKey key = key(session);
        requireToken(token, "token");
        CompletionStage<LeaseAttempt> attempt = store.submit(
                table -> acquire(table, key, session, token),
                late -> late.grant().ifPresent(grant -> abandon(session, token)));
        store.purge().ifDue(agent, timeToLive);
        return attempt;
    }

    private LeaseAttempt acquire(SessionTable table, RowKey key, String session, String token) {
        SessionRow row;
        try {
            row = table.acquire(key, token, lease().toMillis());
        } catch (QueryTimeoutException e) { // another transaction creates the row, and is slow
            store.sessions().remove(key);
            return LeaseAttempt.busy(ROW_LOCKED, 0, Optional.empty());
        }
        if (!row.isHeld() || token.equals(row.owner())) {
            store.sessions().remove(key); // a locked row is free for a poll, which would have it asked for at once
        } else if (store.sessions().add(key, session)) {
            store.poller().newcomer();
        }
        return attempt(session, token, row);
    }

    private static LeaseAttempt attempt(String session, String token, SessionRow row) {
        if (token.equals(row.owner())) {
            return LeaseAttempt.granted(new LeaseGrant(session, token, row.fence(), row.epoch()), row.sinceCompacted());
        }
        Duration retryAfter = row.isHeld() ? Duration.ofMillis(row.leftMillis()).plus(MARGIN) : ROW_LOCKED;
        return LeaseAttempt.busy(
                retryAfter.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : retryAfter,
                row.epoch(),
                row.sinceCompacted());
    }

    @Override
    public CompletionStage<Boolean> renew(LeaseGrant grant) {
        RowKey key = key(grant.session());
        return store.submit(table -> table.renew(key, grant, lease().toMillis()));
    }

    @Override
    public CompletionStage<Boolean> release(LeaseGrant grant, boolean compacted) {
        RowKey key = key(grant.session());
        return store.submit(table -> compacted
                ? table.releaseCompacted(key, grant) || table.wasCompactedBy(key, grant.token())
                : table.release(key, grant));
    }

    @Override
    public CompletionStage<Void> abandon(String session, String token) {
        RowKey key = key(session);
        store.sessions().remove(key);
        return store.submit(table -> {
            table.abandon(key, token);
            return null;
        });
    }

    @Override
    public CompletionStage<StoredSession> inspect(String session) {
        RowKey key = key(session);
        return store.submit(table -> {
            SessionRow row = table.read(key);
            return row == null
                    ? StoredSession.UNKNOWN
                    : new StoredSession(
                            row.isHeld() ? Optional.ofNullable(row.owner()) : Optional.empty(),
                            row.fence(),
                            row.epoch());
        });
    }

    @Override
    public AutoCloseable onReleased(Consumer<@Nullable String> listener) {
        Objects.requireNonNull(listener, "listener must not be null");
        return store.sessions().listen(agent, listener);
    }

    @Override
    public void requireNoTransaction() {
        GuardedWrites.requireNoTransaction();
    }

    /**
     * {@inheritDoc}
     *
     * <p>The write takes part in the transaction if it uses the store's DataSource and transaction manager, as a repository
     * does that was built with both. What it throws is thrown after the rollback. An error of the database while it commits
     * leaves open what came of it; the commit is then repeated with the same token, which either succeeds or finds that it had.
     *
     * @throws org.springframework.dao.DataAccessException if the database fails repeatedly
     * @throws org.springframework.transaction.TransactionException if no transaction can be begun or ended
     */
    @Override
    public boolean commit(LeaseGrant grant, Runnable write) {
        Objects.requireNonNull(write, "write must not be null");
        return store.writes().commit(key(grant.session()), grant, write);
    }

    /**
     * {@inheritDoc}
     *
     * <p>In the write of a {@link #commit}, or of a {@link JdbcStore#exclusively} that began a transaction, it is stored in that
     * transaction before the method returns, and an error is thrown.
     */
    @Override
    public CompletionStage<Void> put(String session, String summary) {
        RowKey key = key(session);
        Objects.requireNonNull(summary, "summary must not be null");
        Function<SessionTable, @Nullable Void> put = table -> {
            table.summaries().put(key, summary);
            return null;
        };
        if (store.transactions().isInOwn()) {
            store.transactions().join(put);
            return CompletableFuture.completedFuture(null);
        }
        return store.submit(put);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Where this thread holds a connection of the store's DataSource, as in a transaction, that one is asked, before the method
     * returns.
     */
    @Override
    public CompletionStage<Optional<StoredSummary>> peek(String session) {
        RowKey key = key(session);
        Function<SessionTable, Optional<StoredSummary>> peek =
                table -> table.summaries().peek(key, timeToLive.toMillis());
        return store.look(peek)
                .<CompletionStage<Optional<StoredSummary>>>map(CompletableFuture::completedFuture)
                .orElseGet(() -> store.submit(peek));
    }

    /**
     * {@inheritDoc}
     *
     * <p>Where this thread holds a connection of the store's DataSource, as in a transaction, that one is asked first whether there
     * is a summary. A transaction at REPEATABLE READ may miss one that came after it began; it stays for the next taker.
     */
    @Override
    public CompletionStage<Optional<String>> take(String session, String takeId) {
        RowKey key = key(session);
        requireToken(takeId, "takeId");
        // Almost never is there one, and to find that out a thread of the store needs a connection: a second one,
        // where the caller holds one already, and the pool may have none left.
        boolean nothing = store.look(table -> table.summaries().mayTake(key, takeId, timeToLive.toMillis()))
                .filter(may -> !may)
                .isPresent();
        return nothing
                ? CompletableFuture.completedFuture(Optional.empty())
                : store.submit(table -> table.summaries().take(key, takeId, timeToLive.toMillis()));
    }

    @Override
    public CompletionStage<Boolean> giveBack(String session, String takeId) {
        RowKey key = key(session);
        return store.submit(table -> table.summaries().giveBack(key, takeId));
    }

    @Override
    public CompletionStage<Boolean> discard(String session) {
        RowKey key = key(session);
        return store.submit(table -> table.summaries().discard(key, timeToLive.toMillis()));
    }

    private RowKey key(String session) {
        return RowKey.of(agent, Objects.requireNonNull(session, "session must not be null"));
    }

    private static void requireToken(String token, String argument) {
        Objects.requireNonNull(token, () -> argument + " must not be null");
        if (token.isEmpty() || token.length() > TOKEN_LENGTH || !token.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new IllegalArgumentException(argument + " must be 1 to " + TOKEN_LENGTH
                    + " printable ASCII characters, but has " + token.length() + " character(s)");
        }
    }
}
