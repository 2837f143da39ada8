package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.store.HistoryGuard;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;

class ForeignWritesTest {

    private final ChatMemoryRepository repository = new InMemoryChatMemoryRepository();
    private final ConcurrentChatMemory memory = new ConcurrentChatMemory(repository);
    private final ConcurrentChatMemory other = new ConcurrentChatMemory(repository);

    @Test
    void add_anotherMemoryHasAdded_warnsOnceAndNamesTheSetting() {
        try (LoggedWarnings log = new LoggedWarnings(ConcurrentChatMemory.class)) {
            for (int i = 0; i < 3; i++) {
                memory.add("c", new UserMessage("secret here " + i));
                other.add("c", new UserMessage("secret there " + i));
                memory.add("d", new UserMessage("secret here " + i));
            }

            assertThat(log.texts)
                    .filteredOn(message -> message.contains("compaction.store=jdbc"))
                    .hasSize(2) // one for each memory
                    .allMatch(message ->
                            message.startsWith("Another process, or another memory in this one, has written"))
                    .noneMatch(message -> message.contains("secret"));
        }
    }

    /** As many messages as before, but another newest one: it was this memory's that was lost. */
    @Test
    void add_anotherProcessHasErasedTheNewest_warns() {
        try (LoggedWarnings log = new LoggedWarnings(ConcurrentChatMemory.class)) {
            memory.add("c", new UserMessage("1"));
            List<Message> readElsewhere = repository.findByConversationId("c");
            memory.add("c", new UserMessage("2"));
            List<Message> writtenElsewhere = new ArrayList<>(readElsewhere);
            writtenElsewhere.add(new UserMessage("other"));
            repository.saveAll("c", writtenElsewhere);

            memory.add("c", new UserMessage("3"));

            assertThat(log.texts).hasSize(1);
        }
    }

    @Test
    void changes_ofOneMemory_neverWarn() {
        try (LoggedWarnings log = new LoggedWarnings(ConcurrentChatMemory.class)) {
            for (int round = 0; round < 3; round++) {
                memory.add("c", List.of(new UserMessage("question"), new AssistantMessage("answer")));
                memory.add("c", new UserMessage("question"));
                memory.replaceOldest("c", memory.stored("c").subList(0, 2), List.of(new UserMessage("summary")));
                memory.add("c", new UserMessage("question"));
                memory.clear("c");
            }
            memory.add("c", List.of(new UserMessage("question"), new AssistantMessage("answer")));
            repository.saveAll("c", List.of(new UserMessage("question"))); // a clean-up of the application
            memory.add("c", new UserMessage("question"));

            assertThat(log.texts).isEmpty();
        }
    }

    @Test
    void changes_repositoryThatRewritesTexts_neverWarn() {
        ConcurrentChatMemory masked = new ConcurrentChatMemory(new MaskingRepository(repository));
        try (LoggedWarnings log = new LoggedWarnings(ConcurrentChatMemory.class)) {
            for (int i = 0; i < 5; i++) {
                masked.add("c", new UserMessage("name " + i));
            }

            assertThat(log.texts).isEmpty();
        }
    }

    @Test
    void add_withAGuard_doesNotCompare() {
        ConcurrentChatMemory guarded = new ConcurrentChatMemory(repository, new NoGuard());
        try (LoggedWarnings log = new LoggedWarnings(ConcurrentChatMemory.class)) {
            guarded.add("c", new UserMessage("1"));
            repository.saveAll("c", List.of(new UserMessage("1"), new UserMessage("other")));
            guarded.add("c", new UserMessage("2"));

            assertThat(log.texts).isEmpty();
            assertThat(guarded.get("c")).hasSize(3);
        }
    }

    /** Masks what it stores. */
    private record MaskingRepository(ChatMemoryRepository stored) implements ChatMemoryRepository {

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
            List<Message> masked = new ArrayList<>();
            messages.forEach(message -> masked.add(new UserMessage("***")));
            stored.saveAll(conversationId, masked);
        }

        @Override
        public void deleteByConversationId(String conversationId) {
            stored.deleteByConversationId(conversationId);
        }
    }

    private static final class NoGuard implements HistoryGuard {

        @Override
        public <T extends @Nullable Object> T exclusively(String session, Supplier<T> write) {
            return write.get();
        }
    }
}
