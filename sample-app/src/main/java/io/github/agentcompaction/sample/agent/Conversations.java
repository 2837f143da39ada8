package io.github.agentcompaction.sample.agent;

import io.github.agentcompaction.springai.ConcurrentChatMemory;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;

/**
 * The conversations of one agent, each in two forms: the {@linkplain #memory() memory} that the model is sent, which is
 * compacted, and the record of all that was said, which the user can always read.
 *
 * <p>A turn goes into both when it is complete, under a mutex, so that both have the same order. The mutex is held while the
 * database works, and never while a model does.
 */
final class Conversations {

    private final ConcurrentChatMemory memory;
    private final ConcurrentChatMemory record;
    private final ReentrantLock mutex = new ReentrantLock();

    Conversations(String agent, ChatMemoryRepository repository) {
        this.memory = new ConcurrentChatMemory(new NamedRepository(agent + "/memory", repository));
        this.record = new ConcurrentChatMemory(new NamedRepository(agent + "/record", repository));
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
        mutex.lock();
        try {
            record.add(sessionId, turn);
            memory.add(sessionId, turn);
        } finally {
            mutex.unlock();
        }
    }

    /** {@return the whole conversation, or empty if nothing was said yet} */
    Optional<Transcript> read(String sessionId) {
        mutex.lock();
        try {
            List<Message> said = record.get(sessionId);
            return said.isEmpty() ? Optional.empty() : Optional.of(Transcript.of(said, memory.get(sessionId)));
        } finally {
            mutex.unlock();
        }
    }

    /** Replaces a conversation here by a copy of the original. */
    void copy(String sessionId, Conversations original) {
        original.mutex.lock();
        List<Message> said;
        List<Message> kept;
        try {
            said = original.record.get(sessionId);
            kept = original.memory.get(sessionId);
        } finally {
            original.mutex.unlock();
        }
        mutex.lock();
        try {
            clear(sessionId);
            record.add(sessionId, said);
            memory.add(sessionId, kept);
        } finally {
            mutex.unlock();
        }
    }

    void clear(String sessionId) {
        mutex.lock();
        try {
            record.clear(sessionId);
            memory.clear(sessionId);
        } finally {
            mutex.unlock();
        }
    }

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
