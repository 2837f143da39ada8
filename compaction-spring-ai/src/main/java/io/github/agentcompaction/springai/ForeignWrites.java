package io.github.agentcompaction.springai;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;

/**
 * Notices, and says once, that another process writes to the conversations of a memory that guards only its own writes.
 *
 * <p>It compares what a change finds with what the change before has left. Thread-safe; the changes of one conversation come one
 * after another.
 */
final class ForeignWrites {

    private static final System.Logger log = System.getLogger(ConcurrentChatMemory.class.getName());

    private final Cache<String, Change> newest = Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(Duration.ofHours(1))
            .executor(Runnable::run)
            .build();

    /** Whether the repository returns messages as they were written, as far as was seen: not all do. */
    private volatile boolean faithful;

    private final AtomicBoolean told = new AtomicBoolean();

    /** To be called with what a change has read and what it has written. */
    void changed(String conversationId, List<Message> read, List<Message> written) {
        if (told.get()) {
            return;
        }
        Seen found = Seen.of(read);
        if (!tellIfForeign(conversationId, found)) {
            newest.put(conversationId, new Change(found, Seen.of(written), false));
        }
    }

    /**
     * Makes a change that reads and writes the repository by itself, and may drop messages: so the repository is read before and
     * after it. A reading that fails makes the comparison impossible, and is no reason for the change to fail.
     */
    void around(String conversationId, ChatMemoryRepository repository, Runnable change) {
        Seen found = told.get() ? null : look(conversationId, repository);
        boolean compares = found != null && !tellIfForeign(conversationId, found);
        newest.invalidate(conversationId); // a change that throws may have written or not
        change.run();
        Seen left = compares ? look(conversationId, repository) : null;
        if (found != null && left != null) {
            newest.put(conversationId, new Change(found, left, true));
        }
    }

    private static @Nullable Seen look(String conversationId, ChatMemoryRepository repository) {
        try {
            return Seen.of(repository.findByConversationId(conversationId));
        } catch (RuntimeException e) {
            return null;
        }
    }

    void cleared(String conversationId) {
        newest.invalidate(conversationId);
    }

    private boolean tellIfForeign(String conversationId, Seen found) {
        Change before = newest.getIfPresent(conversationId);
        boolean foreign = before != null && isForeign(found, before);
        if (foreign && told.compareAndSet(false, true)) {
            newest.invalidateAll();
            log.log(
                    Level.WARNING,
                    "Another process, or another memory in this one, has written to a conversation since this memory did."
                            + " Two that write at once lose and double messages. If several replicas of this service share the"
                            + " chat memory, set compaction.store=jdbc in each of them. This is logged once.");
        }
        return foreign;
    }

    private boolean isForeign(Seen now, Change before) {
        if (now.equals(before.found)) {
            return false; // as if that change had not been made: it was rolled back
        }
        if (now.size != before.left.size) {
            return now.size > before.left.size; // fewer: an application may delete old messages in the repository
        }
        boolean same = now.newest == before.left.newest;
        boolean foreign = !same && (before.isReadBack || faithful);
        faithful |= same && !before.isReadBack;
        return foreign;
    }

    /**
     * A change by this memory.
     *
     * @param isReadBack whether what it has left was read from the repository, and is not what was written to it
     */
    private record Change(Seen found, Seen left, boolean isReadBack) {}

    /**
     * What is remembered of a conversation.
     *
     * @param newest a hash of the newest message: no text is kept
     */
    private record Seen(int size, int newest) {

        static Seen of(List<Message> messages) {
            return new Seen(messages.size(), messages.isEmpty() ? 0 : hash(messages.get(messages.size() - 1)));
        }

        private static int hash(@Nullable Message message) {
            return message == null ? 0 : Objects.hash(message.getMessageType(), message.getText());
        }
    }
}
