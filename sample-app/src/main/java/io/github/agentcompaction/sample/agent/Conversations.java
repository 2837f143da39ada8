package io.github.agentcompaction.sample.agent;

import io.github.agentcompaction.springai.ConcurrentChatMemory;
import io.github.agentcompaction.store.HistoryGuard;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;

/**
 * The conversations of one agent, each in two forms: the {@linkplain #memory() memory} that the model is sent, which is
 * compacted, and the record of all that was said, which the user can always read.
 *
 * <p>A turn goes into both when it is complete, and nothing else is written to that conversation meanwhile, so both have the same
 * order: with a {@link HistoryGuard} in one transaction that excludes the other replicas, too, else under a mutex of this process.
 * Never while a model works.
 */
final class Conversations {

    private final ConcurrentChatMemory memory;
    private final ConcurrentChatMemory record;
    private final HistoryGuard guard;
    private final ReentrantLock mutex = new ReentrantLock();

    /** @param guard of the database that the repository writes to, where replicas share it */
    Conversations(String agent, ChatMemoryRepository repository, @Nullable HistoryGuard guard) {
        this.memory = memory(new NamedRepository(agent + "/memory", repository), guard);
        this.record = memory(new NamedRepository(agent + "/record", repository), guard);
        this.guard = guard != null ? guard : this::inThisProcess;
    }

    private static ConcurrentChatMemory memory(ChatMemoryRepository repository, @Nullable HistoryGuard guard) {
        return guard == null ? new ConcurrentChatMemory(repository) : new ConcurrentChatMemory(repository, guard);
    }

    ConcurrentChatMemory memory() {
        return memory;
    }

    /** {@return the memory for an advisor that only reads it: a turn is added as a whole, by this class} */
    ChatMemory readOnlyMemory() {
        return new ReadOnlyMemory(memory);
    }

    /** Adds a turn to the end of a conversation. */
    void append(String sessionId, List<Message> turn) {
        guard.<@Nullable Void>exclusively(sessionId, () -> {
            record.add(sessionId, turn);
            memory.add(sessionId, turn);
            return null;
        });
    }

    /** {@return the whole conversation, or empty if nothing was said yet} */
    Optional<Transcript> read(String sessionId) {
        return both(sessionId).map(both -> Transcript.of(both.said, both.kept));
    }

    /** Replaces a conversation here by a copy of the original. */
    void copy(String sessionId, Conversations original) {
        Optional<Both> copied = original.both(sessionId);
        guard.<@Nullable Void>exclusively(sessionId, () -> {
            clear(sessionId);
            copied.ifPresent(both -> {
                record.add(sessionId, both.said);
                memory.add(sessionId, both.kept);
            });
            return null;
        });
    }

    void clear(String sessionId) {
        guard.<@Nullable Void>exclusively(sessionId, () -> {
            record.clear(sessionId);
            memory.clear(sessionId);
            return null;
        });
    }

    /** Reads both as of one moment, if something was said: a guard keeps a row for each session that it is asked for. */
    private Optional<Both> both(String sessionId) {
        return record.get(sessionId).isEmpty()
                ? Optional.empty()
                : Optional.of(
                        guard.exclusively(sessionId, () -> new Both(record.get(sessionId), memory.get(sessionId))));
    }

    /** The guard of a single process. */
    private <T extends @Nullable Object> T inThisProcess(String sessionId, Supplier<T> work) {
        mutex.lock();
        try {
            return work.get();
        } finally {
            mutex.unlock();
        }
    }

    private record Both(List<Message> said, List<Message> kept) {}

    /** Gives the messages, and takes none. */
    private record ReadOnlyMemory(ChatMemory memory) implements ChatMemory {

        @Override
        public void add(String conversationId, List<Message> messages) {}

        @Override
        public List<Message> get(String conversationId) {
            return memory.get(conversationId);
        }

        @Override
        public void clear(String conversationId) {}
    }
}
