package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.AdditionalAnswers.delegatesTo;
import static org.mockito.ArgumentMatchers.anyList;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.clearInvocations;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.github.agentcompaction.store.HistoryGuard;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
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

    // Memories around a window, which drops messages by itself.

    @Test
    void add_windowMemoriesInTurns_warnOnceEach() {
        ConcurrentChatMemory here = window(repository);
        ConcurrentChatMemory there = window(repository);
        try (LoggedWarnings log = new LoggedWarnings(ConcurrentChatMemory.class)) {
            for (int i = 0; i < 3; i++) {
                here.add("c", new UserMessage("secret here " + i));
                there.add("c", new UserMessage("secret there " + i));
                here.add("d", new UserMessage("secret here " + i));
            }

            assertThat(log.texts)
                    .hasSize(2)
                    .allMatch(message -> message.contains("compaction.store=jdbc"))
                    .noneMatch(message -> message.contains("secret"));
        }
    }

    /** As many messages as before: each drops one for the one that it adds. */
    @Test
    void add_windowMemoriesInTurns_fullFromTheFirstMessageOn_warn() {
        repository.saveAll("c", Conversation.of("u1 u2 u3 u4"));
        ConcurrentChatMemory here = window(repository);
        ConcurrentChatMemory there = window(repository);
        try (LoggedWarnings log = new LoggedWarnings(ConcurrentChatMemory.class)) {
            here.add("c", new UserMessage("here"));
            there.add("c", new UserMessage("there"));
            assertThat(log.texts).isEmpty();

            here.add("c", new UserMessage("here"));

            assertThat(log.texts).hasSize(1);
            assertThat(repository.findByConversationId("c")).hasSize(4);
        }
    }

    @Test
    void changes_ofOneWindowMemory_neverWarn() {
        ConcurrentChatMemory window = window(repository);
        try (LoggedWarnings log = new LoggedWarnings(ConcurrentChatMemory.class)) {
            for (int round = 0; round < 3; round++) {
                window.add("c", List.of(new UserMessage("question"), new AssistantMessage("answer")));
                window.add("c", List.of(new UserMessage("question"), new AssistantMessage("answer " + round)));
                window.replaceOldest("c", window.stored("c").subList(0, 2), Conversation.of("summary:s"));
                for (int i = 0; i < 8; i++) {
                    window.add("c", i % 2 == 0 ? new UserMessage("q" + i) : new AssistantMessage("a" + i));
                }
                List<Message> stored = repository.findByConversationId("c");
                window.add("c", new UserMessage("in a transaction"));
                repository.saveAll("c", stored); // which is rolled back
                window.add("c", new UserMessage("question"));
                repository.saveAll("c", stored.subList(0, 2)); // a clean-up of the application
                window.add("c", new UserMessage("question"));
                window.clear("c");
            }

            assertThat(log.texts).isEmpty();
        }
    }

    @Test
    void changes_ofOneWindowMemory_repositoryThatRewritesTexts_neverWarn() {
        ConcurrentChatMemory masked = window(new MaskingRepository(repository));
        try (LoggedWarnings log = new LoggedWarnings(ConcurrentChatMemory.class)) {
            for (int i = 0; i < 10; i++) {
                masked.add("c", new UserMessage("name " + i));
            }

            assertThat(log.texts).isEmpty();
        }
    }

    @Test
    void add_windowMemory_comparisonThatFails_failsNoChange() {
        ChatMemoryRepository down = mock(ChatMemoryRepository.class);
        when(down.findByConversationId("c")).thenThrow(new IllegalStateException("down"));
        ConcurrentChatMemory window = new ConcurrentChatMemory(messageWindow(repository), down);

        window.add("c", new UserMessage("1"));
        window.add("c", new UserMessage("2"));

        assertThat(window.get("c")).hasSize(2);
    }

    /** One that throws may have written or not, so there is nothing to compare with. */
    @Test
    void add_windowMemory_afterAChangeThatFailed_doesNotCompare() {
        ChatMemory failing = mock(ChatMemory.class);
        doAnswer(call -> {
                    repository.saveAll("c", Conversation.of("u1"));
                    return null;
                })
                .doAnswer(call -> {
                    repository.saveAll("c", Conversation.of("u1 u2"));
                    throw new IllegalStateException("no answer to the commit");
                })
                .doNothing()
                .when(failing)
                .add(anyString(), anyList());
        ConcurrentChatMemory window = new ConcurrentChatMemory(failing, repository);
        try (LoggedWarnings log = new LoggedWarnings(ConcurrentChatMemory.class)) {
            window.add("c", new UserMessage("u1"));
            assertThatThrownBy(() -> window.add("c", new UserMessage("u2"))).hasMessageContaining("no answer");
            window.add("c", new UserMessage("u3"));

            assertThat(log.texts).isEmpty();
        }
    }

    @Test
    void add_windowMemory_readsNoMoreThanItsDelegate_withAGuardAndOnceTold() {
        ChatMemoryRepository counting = mock(ChatMemoryRepository.class, delegatesTo(repository));
        ConcurrentChatMemory guarded = new ConcurrentChatMemory(messageWindow(counting), counting, new NoGuard());
        guarded.add("c", new UserMessage("1"));
        guarded.add("c", new UserMessage("2"));
        verify(counting, times(2)).findByConversationId("c");

        try (LoggedWarnings log = new LoggedWarnings(ConcurrentChatMemory.class)) {
            ConcurrentChatMemory window = window(counting);
            window.add("c", new UserMessage("3"));
            repository.saveAll("c", Conversation.of("u1 u2 u3 u4"));
            window.add("c", new UserMessage("5"));
            assertThat(log.texts).hasSize(1);
            clearInvocations(counting);

            window.add("c", new UserMessage("6"));

            verify(counting).findByConversationId("c");
        }
    }

    private static ConcurrentChatMemory window(ChatMemoryRepository repository) {
        return new ConcurrentChatMemory(messageWindow(repository), repository);
    }

    private static ChatMemory messageWindow(ChatMemoryRepository repository) {
        return MessageWindowChatMemory.builder()
                .chatMemoryRepository(repository)
                .maxMessages(4)
                .build();
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
