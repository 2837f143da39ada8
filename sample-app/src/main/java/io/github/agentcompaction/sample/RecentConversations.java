package io.github.agentcompaction.sample;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;

/** Keeps the conversations that were used last, in memory. Thread-safe. */
final class RecentConversations implements ChatMemoryRepository {

    private static final int MOST = 500;

    private final ReentrantLock mutex = new ReentrantLock();
    private final Map<String, List<Message>> conversations = new LinkedHashMap<>(16, 0.75f, true);

    @Override
    public List<String> findConversationIds() {
        mutex.lock();
        try {
            return List.copyOf(conversations.keySet());
        } finally {
            mutex.unlock();
        }
    }

    @Override
    public List<Message> findByConversationId(String conversationId) {
        mutex.lock();
        try {
            return conversations.getOrDefault(conversationId, List.of());
        } finally {
            mutex.unlock();
        }
    }

    @Override
    public void saveAll(String conversationId, List<Message> messages) {
        mutex.lock();
        try {
            conversations.put(conversationId, List.copyOf(messages));
            if (conversations.size() > MOST) {
                conversations.remove(conversations.keySet().iterator().next());
            }
        } finally {
            mutex.unlock();
        }
    }

    @Override
    public void deleteByConversationId(String conversationId) {
        mutex.lock();
        try {
            conversations.remove(conversationId);
        } finally {
            mutex.unlock();
        }
    }
}
