package io.github.agentcompaction.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The conversations in the database, of which no message is ever lost.
 *
 * <p>The messages are in the table of Spring AI's JDBC chat memory. Its repository can only read a whole conversation and
 * write a whole conversation, so of two tasks that add a message at once one would erase the other's; and the usual
 * {@code MessageWindowChatMemory} on top of it drops what is older than twenty messages. Here every change is a transaction
 * that first locks the session's row in {@code agent_session}: changes of a session happen one after another, also between
 * processes on one PostgreSQL, and other sessions go on meanwhile. Nobody holds that lock while a model works.
 *
 * <p>A session has two conversations there: the <em>context</em> that the model is sent, and the <em>archive</em> of
 * messages that a summary took the place of, which the user can still read.
 */
@Component
class ConversationStore {

    private final ChatMemoryRepository messages;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    ConversationStore(ChatMemoryRepository messages, JdbcClient jdbc, TransactionTemplate transaction) {
        this.messages = messages;
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    /** {@return what the model is sent of a conversation: the summary, if there is one, and all messages after it} */
    List<Message> context(SessionKey key) {
        return find(key, "")
                .map(row -> messages.findByConversationId(row.contextId))
                .orElse(List.of());
    }

    /** {@return the whole conversation, or empty if there is no such session} */
    Optional<Transcript> transcript(SessionKey key) {
        if (find(key, "").isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(locked(
                key,
                row -> new Transcript(
                        messages.findByConversationId(row.archiveId), messages.findByConversationId(row.contextId))));
    }

    /** Adds messages to the end of a conversation, next to each other. */
    void append(SessionKey key, List<Message> added) {
        locked(key, row -> {
            save(row.contextId, messages.findByConversationId(row.contextId), added);
            return row;
        });
    }

    /**
     * Puts a summary in the place of the oldest messages. Messages that were added since those were read stay.
     *
     * @throws OptimisticLockingFailureException if the conversation does not begin with those messages any more, because
     *     another process has compacted it
     */
    void replaceOldest(SessionKey key, List<Message> oldest, Message summary) {
        locked(key, row -> {
            List<Message> current = messages.findByConversationId(row.contextId);
            if (current.size() < oldest.size()
                    || !current.subList(0, oldest.size()).equals(oldest)) {
                throw new OptimisticLockingFailureException("The conversation was compacted by another process.");
            }
            save(row.archiveId, messages.findByConversationId(row.archiveId), oldest);
            save(row.contextId, List.of(summary), current.subList(oldest.size(), current.size()));
            return row;
        });
    }

    private void save(String conversationId, List<Message> first, List<Message> then) {
        List<Message> all = new ArrayList<>(first);
        all.addAll(then);
        messages.saveAll(conversationId, all);
    }

    /** Does some work while no other task changes the session. */
    private <T> T locked(SessionKey key, Function<Row, T> work) {
        if (find(key, "").isEmpty()) {
            create(key);
        }
        return transaction.execute(status -> work.apply(find(key, " for update").orElseThrow()));
    }

    private Optional<Row> find(SessionKey key, String suffix) {
        return jdbc.sql("select context_id, archive_id from agent_session where agent = ? and session_id = ?" + suffix)
                .param(key.agent())
                .param(key.sessionId())
                .query((result, number) -> new Row(result.getString(1), result.getString(2)))
                .optional();
    }

    private void create(SessionKey key) {
        try {
            jdbc.sql("insert into agent_session (agent, session_id, context_id, archive_id) values (?, ?, ?, ?)")
                    .param(key.agent())
                    .param(key.sessionId())
                    .param(UUID.randomUUID().toString())
                    .param(UUID.randomUUID().toString())
                    .update();
        } catch (DuplicateKeyException e) {
            // Another task was faster, and its row is as good.
        }
    }

    /**
     * A whole conversation.
     *
     * @param archived what was summarized, and the summaries that were summarized again
     * @param context what the model is sent
     */
    record Transcript(List<Message> archived, List<Message> context) {}

    private record Row(String contextId, String archiveId) {}
}
