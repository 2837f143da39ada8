package io.github.agentcompaction.springai;

import java.util.List;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;

/** Keeps of each message its type and its text, as JdbcChatMemoryRepository does. */
final class TextRepository implements ChatMemoryRepository {

    private final ChatMemoryRepository stored = new InMemoryChatMemoryRepository();

    @Override
    public List<String> findConversationIds() {
        return stored.findConversationIds();
    }

    @Override
    public List<Message> findByConversationId(String conversationId) {
        return stored.findByConversationId(conversationId);
    }

    @Override
    public void saveAll(String conversationId, List<Message> messages) {
        stored.saveAll(
                conversationId, messages.stream().map(TextRepository::textOf).toList());
    }

    private static Message textOf(Message message) {
        String text = String.valueOf(message.getText());
        return switch (message.getMessageType()) {
            case USER -> new UserMessage(text);
            case ASSISTANT -> new AssistantMessage(text);
            case SYSTEM -> new SystemMessage(text);
            case TOOL -> throw new IllegalArgumentException("has no text");
        };
    }

    @Override
    public void deleteByConversationId(String conversationId) {
        stored.deleteByConversationId(conversationId);
    }
}
