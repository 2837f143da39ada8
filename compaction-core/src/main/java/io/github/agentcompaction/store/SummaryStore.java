package io.github.agentcompaction.store;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The deferred summaries of one agent in a store that several replicas share: at most one text for each session, the newest,
 * for as long as the store's time to live.
 *
 * <p>Thread safety and errors are as for {@link LeaseStore}. Exceptions: in a {@link TransactionalLeaseStore#commit} of the
 * same database a {@link #put} runs on the calling thread, in that transaction; and in any transaction of that database a
 * {@link #peek} or {@link #take} may read there.
 */
public interface SummaryStore {

    /**
     * Stores a summary in the place of the one before.
     *
     * @param session the session's id
     * @param summary the text
     * @return completes when it is stored
     */
    CompletionStage<Void> put(String session, String summary);

    /**
     * Looks at a summary and leaves it there.
     *
     * @param session the session's id
     * @return the summary, if there is one that was not taken
     */
    CompletionStage<Optional<StoredSummary>> peek(String session);

    /**
     * Takes a summary out. Of all takers one gets it; the same one may repeat its question, for a while.
     *
     * @param session the session's id
     * @param takeId names this take and nothing else
     * @return the text, if this taker has it
     */
    CompletionStage<Optional<String>> take(String session, String takeId);

    /**
     * Gives a summary back that could not be delivered, unless there is a newer one.
     *
     * @param session the session's id
     * @param takeId the taker
     * @return whether it may be taken again; false if there is a newer one, or the taker no longer had it
     */
    CompletionStage<Boolean> giveBack(String session, String takeId);

    /**
     * Drops a summary.
     *
     * @param session the session's id
     * @return whether there was one that was not taken
     */
    CompletionStage<Boolean> discard(String session);
}
