package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.jdbc.JdbcStore;
import java.util.List;
import java.util.UUID;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;

/** Stops the start if the chat memory would not be written in the store's transactions. */
final class HistoryProbe implements SmartInitializingSingleton {

    private final JdbcStore store;
    private final ObjectProvider<ChatMemoryRepository> repositories;

    HistoryProbe(JdbcStore store, ObjectProvider<ChatMemoryRepository> repositories) {
        this.store = store;
        this.repositories = repositories;
    }

    @Override
    public void afterSingletonsInstantiated() {
        repositories.orderedStream().forEach(this::verify);
    }

    private void verify(ChatMemoryRepository repository) {
        String conversation = UUID.randomUUID().toString();
        store.verifyHistory(
                () -> repository.saveAll(conversation, List.of(new UserMessage("probe of compaction.store=jdbc"))),
                () -> !repository.findByConversationId(conversation).isEmpty(),
                () -> repository.deleteByConversationId(conversation));
    }
}
