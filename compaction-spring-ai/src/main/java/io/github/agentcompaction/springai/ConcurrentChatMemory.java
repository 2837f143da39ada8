package io.github.agentcompaction.springai;

import io.github.agentcompaction.store.HistoryGuard;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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
 * <p><b>Several replicas.</b> With a {@link HistoryGuard} of the database that holds the messages, the changes of all replicas
 * happen one after another, each in a transaction; it may also be the caller's. Without one, other processes, and other
 * memories on the same repository, are not waited for: a warning says once that they were noticed. Until then a memory with a
 * delegate reads a conversation twice more for each message that is added. Nor is the end of a transaction waited for that the
 * caller is in: until it commits, other tasks do not see its messages and may erase them, so call this outside of transactions
 * then.
 *
 * <p><b>Not promised.</b> A delegate that forgets old messages forgets the summary, too, when it is old.
 */
public final class ConcurrentChatMemory implements ChatMemory {

    /** Conversations that share a mutex wait for each other's writes; with this many, that is rare. */
    private static final int MUTEXES = 256;

    private final ChatMemory delegate;
    private final ChatMemoryRepository repository;
    private final HistoryGuard guard;

    /** Null where a guard keeps other writers out. */
    private final @Nullable ForeignWrites foreignWrites;

    private final ReentrantLock[] mutexes =
            Stream.generate(ReentrantLock::new).limit(MUTEXES).toArray(ReentrantLock[]::new);

    /**
     * Creates a memory that keeps every message; compaction is what bounds it.
     *
     * @param repository where the messages are stored
     */
    public ConcurrentChatMemory(ChatMemoryRepository repository) {
        this(repository, null, new ForeignWrites());
    }

    /**
     * Creates a memory that keeps every message, for several replicas.
     *
     * @param repository where the messages are stored
     * @param guard makes changes exclusive over all replicas; of the database that the repository writes to
     */
    public ConcurrentChatMemory(ChatMemoryRepository repository, HistoryGuard guard) {
        this(repository, Objects.requireNonNull(guard, "guard must not be null"), null);
    }

    /**
     * Creates a memory that keeps what another one keeps.
     *
     * @param delegate adds, gets and clears; all changes must go through this object from now on
     * @param repository the repository that the delegate stores its messages in
     */
    public ConcurrentChatMemory(ChatMemory delegate, ChatMemoryRepository repository) {
        this(delegate, repository, null);
    }

    /**
     * Creates a memory that keeps what another one keeps, for several replicas.
     *
     * @param delegate adds, gets and clears; all changes must go through objects such as this one from now on
     * @param repository the repository that the delegate stores its messages in
     * @param guard makes changes exclusive over all replicas, of the database that the repository writes to; null in a single
     *     process
     */
    public ConcurrentChatMemory(ChatMemory delegate, ChatMemoryRepository repository, @Nullable HistoryGuard guard) {
        this(delegate, repository, guard, guard == null ? new ForeignWrites() : null);
    }

    private ConcurrentChatMemory(
            ChatMemoryRepository repository, @Nullable HistoryGuard guard, @Nullable ForeignWrites foreignWrites) {
        this(new CompleteChatMemory(repository, foreignWrites), repository, guard, foreignWrites);
    }

    private ConcurrentChatMemory(
            ChatMemory delegate,
            ChatMemoryRepository repository,
            @Nullable HistoryGuard guard,
            @Nullable ForeignWrites foreignWrites) {
        this.delegate = Objects.requireNonNull(delegate, "delegate must not be null");
        this.repository = Objects.requireNonNull(repository, "repository must not be null");
        this.guard = guard != null ? guard : this::inThisProcess;
        this.foreignWrites = foreignWrites;
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
        change(conversationId, () -> {
            if (foreignWrites == null || delegate instanceof CompleteChatMemory) { // which tells what it reads anyway
                delegate.add(conversationId, messages);
            } else {
                foreignWrites.around(conversationId, repository, () -> delegate.add(conversationId, messages));
            }
        });
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
        change(conversationId, () -> {
            delegate.clear(conversationId);
            if (foreignWrites != null) {
                foreignWrites.cleared(conversationId);
            }
        });
    }

    /** {@return whether a {@link HistoryGuard} makes the changes exclusive over all replicas} */
    public boolean isGuarded() {
        return foreignWrites == null;
    }

    /** {@return where the messages are stored} What is written there around this memory may be lost. */
    public ChatMemoryRepository repository() {
        return repository;
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
        return guard.exclusively(conversationId, () -> {
            List<Message> now = repository.findByConversationId(conversationId);
            int kept = endOf(oldest, now);
            if (kept > 0) {
                List<Message> all = new ArrayList<>(replacement);
                all.addAll(now.subList(kept, now.size()));
                repository.saveAll(conversationId, all);
                if (foreignWrites != null) {
                    foreignWrites.changed(conversationId, now, all);
                }
            }
            return kept > 0;
        });
    }

    private void change(String conversationId, Runnable change) {
        guard.<@Nullable Void>exclusively(conversationId, () -> {
            change.run();
            return null;
        });
    }

    /** The guard of a single process. */
    private <T extends @Nullable Object> T inThisProcess(String conversationId, Supplier<T> write) {
        int hash = conversationId.hashCode();
        ReentrantLock mutex = mutexes[(hash ^ hash >>> 16) & MUTEXES - 1];
        mutex.lock();
        try {
            return write.get();
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
    private record CompleteChatMemory(
            ChatMemoryRepository repository, @Nullable ForeignWrites foreignWrites) implements ChatMemory {

        CompleteChatMemory {
            Objects.requireNonNull(repository, "repository must not be null");
        }

        @Override
        public void add(String conversationId, List<Message> messages) {
            List<Message> read = repository.findByConversationId(conversationId);
            List<Message> all = new ArrayList<>(read);
            all.addAll(messages);
            repository.saveAll(conversationId, all);
            if (foreignWrites != null) {
                foreignWrites.changed(conversationId, read, all);
            }
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
