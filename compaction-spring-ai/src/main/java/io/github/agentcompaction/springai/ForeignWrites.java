package io.github.agentcompaction.springai;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.Message;

/**
 * Notices, and says once, that another process writes to the conversations of a memory that guards only its own writes.
 *
 * <p>It compares what a change reads with what the change before has left. Thread-safe; the changes of one conversation come one
 * after another.
 */
final class ForeignWrites {

    private static final System.Logger log = System.getLogger(ConcurrentChatMemory.class.getName());

    private final Cache<String, Left> left = Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(Duration.ofHours(1))
            .executor(Runnable::run)
            .build();

    /** Whether the repository returns messages as they were written, as far as was seen: not all do. */
    private volatile boolean faithful;

    private volatile boolean told;

    /** To be called with what a change has read and what it has written. */
    void changed(String conversationId, List<Message> read, List<Message> written) {
        if (told) {
            return;
        }
        Left before = left.getIfPresent(conversationId);
        if (before != null && isForeign(read, before)) {
            told = true;
            left.invalidateAll();
            log.log(
                    Level.WARNING,
                    "Another process, or another memory in this one, has written to a conversation since this memory did."
                            + " Two that write at once lose and double messages. If several replicas of this service share the"
                            + " chat memory, set compaction.store=jdbc in each of them. This is logged once.");
            return;
        }
        left.put(conversationId, Left.of(written));
    }

    void cleared(String conversationId) {
        left.invalidate(conversationId);
    }

    private boolean isForeign(List<Message> read, Left before) {
        if (read.size() != before.size) {
            return read.size() > before.size; // fewer: an application may delete old messages in the repository
        }
        boolean same = before.equals(Left.of(read));
        boolean foreign = !same && faithful;
        faithful |= same;
        return foreign;
    }

    /**
     * What a change has left.
     *
     * @param newest a hash of the newest message: no text is kept
     */
    private record Left(int size, int newest) {

        static Left of(List<Message> messages) {
            return new Left(messages.size(), messages.isEmpty() ? 0 : hash(messages.get(messages.size() - 1)));
        }

        private static int hash(@Nullable Message message) {
            return message == null ? 0 : Objects.hash(message.getMessageType(), message.getText());
        }
    }
}
