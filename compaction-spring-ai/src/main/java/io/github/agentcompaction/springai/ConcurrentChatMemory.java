package io.github.agentcompaction.springai;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;
import org.springframework.util.Assert;

/**
 * A chat memory that loses no message when several tasks add to one conversation, and lets a {@link ChatMemoryCompactor}
 * replace the oldest part meanwhile.
 *
 * <p>A {@link ChatMemoryRepository} reads and writes whole conversations. Of two tasks that add a message at the same
 * time, each reads, and the one that writes last erases what the other has written. Here the changes of a conversation
 * happen one after another.
 *
 * <p><b>Thread safety.</b> All methods can be called from any thread, platform or virtual. A change may wait for another
 * one's reading and writing of the repository, never for a model. {@link #get} never waits, and sees each change as
 * a whole if the repository's {@code saveAll} is atomic, as those in memory and of JDBC are.
 *
 * <p><b>Not promised.</b> Other processes, and other memories on the same repository, are not waited for. Nor is the end
 * of a transaction that the caller is in: until it commits, other tasks do not see its messages and may erase them, so
 * call this outside of transactions. A delegate that forgets old messages forgets the summary, too, when it is old.
 */
public final class ConcurrentChatMemory implements ChatMemory {

    /** Conversations that share a mutex wait for each other's writes; with this many, that is rare. */
    private static final int MUTEXES = 256;

    private final ChatMemory delegate;
    private final ChatMemoryRepository repository;
    private final ReentrantLock[] mutexes =
            Stream.generate(ReentrantLock::new).limit(MUTEXES).toArray(ReentrantLock[]::new);

    /**
     * Creates a memory that keeps every message; compaction is what bounds it.
     *
     * @param repository where the messages are stored
     */
    public ConcurrentChatMemory(ChatMemoryRepository repository) {
        this(new CompleteChatMemory(repository), repository);
    }

    /**
     * Creates a memory that keeps what another one keeps.
     *
     * @param delegate adds, gets and clears; all changes must go through this object from now on
     * @param repository the repository that the delegate stores its messages in
     */
    public ConcurrentChatMemory(ChatMemory delegate, ChatMemoryRepository repository) {
        this.delegate = Objects.requireNonNull(delegate, "delegate must not be null");
        this.repository = Objects.requireNonNull(repository, "repository must not be null");
    }

    /**
     * Adds messages to the end of a conversation, next to each other.
     *
     * @param conversationId the conversation's id, not blank
     * @param messages the messages, none of them null
     */
    @Override
    public void add(String conversationId, List<Message> messages) {
        requireConversationId(conversationId);
        Assert.notNull(messages, "messages cannot be null");
        Assert.noNullElements(messages, "messages cannot contain null elements");
        change(conversationId, () -> delegate.add(conversationId, messages));
    }

    /**
     * Reads a conversation.
     *
     * @param conversationId the conversation's id, not blank
     * @return its messages, the oldest first; none if there is no such conversation
     */
    @Override
    public List<Message> get(String conversationId) {
        requireConversationId(conversationId);
        return delegate.get(conversationId);
    }

    /**
     * Removes a conversation.
     *
     * @param conversationId the conversation's id, not blank
     */
    @Override
    public void clear(String conversationId) {
        requireConversationId(conversationId);
        change(conversationId, () -> delegate.clear(conversationId));
    }

    /** {@return the messages as the repository has them, which is what {@link #replaceOldest} compares with} */
    List<Message> stored(String conversationId) {
        requireConversationId(conversationId);
        return repository.findByConversationId(conversationId);
    }

    /**
     * Replaces the oldest messages, in one write. Messages that were added meanwhile stay.
     *
     * @param oldest what {@link #stored} returned, up to some message
     * @return false if the conversation does not begin with those messages any more; then nothing is changed
     */
    boolean replaceOldest(String conversationId, List<Message> oldest, List<Message> replacement) {
        requireConversationId(conversationId);
        boolean[] replaced = {false};
        change(conversationId, () -> {
            List<Message> now = repository.findByConversationId(conversationId);
            int kept = endOf(oldest, now);
            if (kept > 0) {
                List<Message> all = new ArrayList<>(replacement);
                all.addAll(now.subList(kept, now.size()));
                repository.saveAll(conversationId, all);
                replaced[0] = true;
            }
        });
        return replaced[0];
    }

    private void change(String conversationId, Runnable change) {
        int hash = conversationId.hashCode();
        ReentrantLock mutex = mutexes[(hash ^ hash >>> 16) & MUTEXES - 1];
        mutex.lock();
        try {
            change.run();
        } finally {
            mutex.unlock();
        }
    }

    /**
     * Where the oldest messages end in the conversation as it is now, or 0 if it does not begin with them. A delegate
     * that keeps a window of messages may have dropped the first of them when others were added.
     */
    private int endOf(List<Message> oldest, List<Message> now) {
        int mayBeDropped = delegate instanceof CompleteChatMemory ? 0 : oldest.size() - 1;
        for (int dropped = 0; dropped <= mayBeDropped; dropped++) {
            if (Messages.startsWith(now, oldest.subList(dropped, oldest.size()))) {
                return oldest.size() - dropped;
            }
        }
        return 0;
    }

    /** In Spring AI's words: an application may have tests for them. */
    private static void requireConversationId(String conversationId) {
        Assert.hasText(conversationId, "conversationId cannot be null or empty");
    }

    @Override
    public String toString() {
        return "ConcurrentChatMemory[repository=" + repository.getClass().getSimpleName() + "]";
    }

    /** Keeps every message. */
    private record CompleteChatMemory(ChatMemoryRepository repository) implements ChatMemory {

        CompleteChatMemory {
            Objects.requireNonNull(repository, "repository must not be null");
        }

        @Override
        public void add(String conversationId, List<Message> messages) {
            List<Message> all = new ArrayList<>(repository.findByConversationId(conversationId));
            all.addAll(messages);
            repository.saveAll(conversationId, all);
        }

        @Override
        public List<Message> get(String conversationId) {
            return repository.findByConversationId(conversationId);
        }

        @Override
        public void clear(String conversationId) {
            repository.deleteByConversationId(conversationId);
        }
    }
}
