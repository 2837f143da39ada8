package io.github.agentcompaction.sample.agent;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;

/** Keeps the conversations that were used last, in memory. Thread-safe. */
final class RecentConversations implements ChatMemoryRepository {

    private static final int MOST = 500;

    private final Map<String, List<Message>> conversations =
            Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {

                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, List<Message>> eldest) {
                    return size() > MOST;
                }
            });

    @Override
    public List<String> findConversationIds() {
        synchronized (conversations) {
            return List.copyOf(conversations.keySet());
        }
    }

    @Override
    public List<Message> findByConversationId(String conversationId) {
        return conversations.getOrDefault(conversationId, List.of());
    }

    @Override
    public void saveAll(String conversationId, List<Message> messages) {
        conversations.put(conversationId, List.copyOf(messages));
    }

    @Override
    public void deleteByConversationId(String conversationId) {
        conversations.remove(conversationId);
    }
}
