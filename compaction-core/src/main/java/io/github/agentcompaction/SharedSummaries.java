package io.github.agentcompaction;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.agentcompaction.CompactionListener.DropReason;
import io.github.agentcompaction.CompactionListener.StoreOperation;
import io.github.agentcompaction.store.StoredSummary;
import io.github.agentcompaction.store.SummaryStore;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Deferred summaries in a store that replicas share. A summary that it cannot take is kept in this process, and a question that
 * it does not answer means that there is none now: the answer to the user does not wait for a store that is down.
 */
final class SharedSummaries implements Summaries {

    private static final System.Logger log = System.getLogger(SessionCompactionState.class.getName());

    /** For so long a store that did not answer is not asked again, so that one task waits for its time limit and not each. */
    private static final long PAUSE_NANOS = Duration.ofSeconds(5).toNanos();

    private final String agent;
    private final SummaryStore store;
    private final StoreCalls calls;
    private final DeferredSummaries kept;
    private final Listeners listeners;

    /** The takers whose question was not answered: each may have the summary already, so one asks again in its name. */
    final Cache<String, List<String>> unanswered;

    private volatile @Nullable Long askAgainAt;

    /** @param kept what the store could not take */
    SharedSummaries(
            String agent,
            SummaryStore store,
            StoreCalls calls,
            DeferredSummaries kept,
            Listeners listeners,
            Duration ttl,
            long maxSize) {
        this.agent = agent;
        this.store = store;
        this.calls = calls;
        this.kept = kept;
        this.listeners = listeners;
        this.unanswered = Caffeine.newBuilder()
                .expireAfterWrite(ttl)
                .maximumSize(maxSize)
                .executor(Runnable::run)
                .build();
    }

    /** Within a transaction of the store, whatever goes wrong is thrown, so that all of it is undone. */
    void putInTransaction(String sessionId, String summary) {
        StoreCalls.await(store.put(sessionId, summary)); // listeners are told of the commit, after it
    }

    void tellStored(String sessionId) {
        listeners.tell(listener -> listener.summaryStored(agent, sessionId));
    }

    @Override
    public void put(String sessionId, String summary) {
        try {
            StoreCalls.await(putInStore(sessionId, summary));
        } catch (CompletionException e) {
            log.log(
                    Level.WARNING,
                    "The store did not take the summary of " + Names.session(agent, sessionId)
                            + "; it is kept in this process, and shown after the next answer that this process gives.");
            kept.put(sessionId, summary);
            return;
        }
        kept.forget(sessionId);
        tellStored(sessionId);
    }

    private CompletionStage<Void> putInStore(String sessionId, String summary) {
        return calls.call(StoreOperation.PUT_SUMMARY, () -> store.put(sessionId, summary), nothing -> false);
    }

    @Override
    public Optional<String> peek(String sessionId) {
        Optional<String> mine = kept.peek(sessionId);
        return mine.isPresent() ? mine : look(sessionId).map(StoredSummary::text);
    }

    @Override
    public Optional<Duration> age(String sessionId) {
        Optional<Duration> mine = kept.age(sessionId);
        return mine.isPresent() ? mine : look(sessionId).map(StoredSummary::age);
    }

    private Optional<StoredSummary> look(String sessionId) {
        return isPaused()
                ? Optional.empty()
                : StoreCalls.await(ask(StoreOperation.PEEK_SUMMARY, () -> store.peek(sessionId))
                        .exceptionally(down -> Optional.empty()));
    }

    @Override
    public CompletionStage<Popped> pop(String sessionId) {
        Popped mine = kept.popNow(sessionId);
        if (mine.summary().isPresent()) {
            return CompletableFuture.completedFuture(mine);
        }
        if (isPaused()) { // a taker that has not asked is none
            return CompletableFuture.completedFuture(Popped.NOTHING);
        }
        String taker = nextTaker(sessionId);
        return ask(StoreOperation.TAKE_SUMMARY, () -> store.take(sessionId, taker))
                .handle((summary, failure) -> {
                    if (failure != null) {
                        unanswered.asMap().merge(sessionId, List.of(taker), SharedSummaries::concat);
                    }
                    if (summary == null || summary.isEmpty()) {
                        return Popped.NOTHING;
                    }
                    listeners.tellLater(listener -> listener.summaryPopped(agent, sessionId));
                    return new Popped(summary, () -> giveBack(sessionId, taker, summary.get()));
                });
    }

    /** {@return one whose question was not answered, if there is one, or a new one} */
    private String nextTaker(String sessionId) {
        AtomicReference<@Nullable String> taker = new AtomicReference<>();
        unanswered.asMap().computeIfPresent(sessionId, (id, takers) -> {
            taker.set(takers.get(0));
            return takers.size() == 1 ? null : takers.subList(1, takers.size());
        });
        String before = taker.get();
        return before != null ? before : UUID.randomUUID().toString();
    }

    private static List<String> concat(List<String> some, List<String> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    private void giveBack(String sessionId, String taker, String summary) {
        calls.call(StoreOperation.GIVE_BACK_SUMMARY, () -> store.giveBack(sessionId, taker), (Predicate<Boolean>)
                        any -> false)
                .whenComplete((givenBack, failure) -> {
                    if (failure != null) { // not on the store's thread, since listeners are told
                        OnDemandThreads.execute(() -> kept.putBack(sessionId, summary));
                    } else if (givenBack) { // else there is a newer one, which was told when it came
                        listeners.tellLater(listener -> listener.summaryStored(agent, sessionId));
                    }
                });
    }

    @Override
    public boolean discard(String sessionId) {
        boolean mine = kept.discard(sessionId);
        boolean stored;
        try {
            stored = StoreCalls.await(calls.call(
                    StoreOperation.DISCARD_SUMMARY, () -> store.discard(sessionId), (Predicate<Boolean>) any -> false));
        } catch (CompletionException e) {
            throw new StoreUnavailableException(
                    agent,
                    sessionId,
                    "The store of the summary of " + Names.session(agent, sessionId)
                            + " does not answer, so it was not dropped. Try again when it is back.",
                    StoreCalls.unwrapped(e));
        }
        if (stored) {
            listeners.tell(listener -> listener.summaryDropped(agent, sessionId, DropReason.DISCARDED));
        }
        return stored || mine;
    }

    @Override
    public int size() {
        return kept.size();
    }

    /** {@return whether the store did not answer a moment ago} */
    private boolean isPaused() {
        Long pausedUntil = askAgainAt;
        return pausedUntil != null && pausedUntil - System.nanoTime() > 0;
    }

    /** Asks what can wait until the store is back. */
    private <T> CompletionStage<T> ask(StoreOperation operation, Supplier<CompletionStage<T>> question) {
        return calls.call(operation, question, nothing -> false)
                .whenComplete((answer, failure) ->
                        askAgainAt = failure == null ? null : (Long) (System.nanoTime() + PAUSE_NANOS));
    }
}
