package io.github.agentcompaction.sample.agent;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;

/**
 * A part of a repository with a name of its own, so that the same session's id with another agent is another conversation.
 *
 * <p>Ids are made from both names, and always have the 36 characters that Spring AI's table has room for.
 */
final class NamedRepository implements ChatMemoryRepository {

    private final String name;
    private final ChatMemoryRepository repository;

    NamedRepository(String name, ChatMemoryRepository repository) {
        this.name = name;
        this.repository = repository;
    }

    @Override
    public List<String> findConversationIds() {
        throw new UnsupportedOperationException("Session ids cannot be derived from the ids of their conversations.");
    }

    @Override
    public List<Message> findByConversationId(String conversationId) {
        return repository.findByConversationId(id(conversationId));
    }

    @Override
    public void saveAll(String conversationId, List<Message> messages) {
        repository.saveAll(id(conversationId), messages);
    }

    @Override
    public void deleteByConversationId(String conversationId) {
        repository.deleteByConversationId(id(conversationId));
    }

    private String id(String sessionId) {
        return UUID.nameUUIDFromBytes((name + "/" + sessionId).getBytes(StandardCharsets.UTF_8))
                .toString();
    }
}
