package io.github.agentcompaction.springai;

import static io.github.agentcompaction.springai.Conversation.inShort;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.mock;

import io.github.agentcompaction.store.HistoryGuard;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;

class ConcurrentChatMemoryTest {

    private final GatedRepository gated = new GatedRepository();
    private final ChatMemoryRepository repository = new InMemoryChatMemoryRepository();
    private final ConcurrentChatMemory memory = new ConcurrentChatMemory(repository);

    @AfterEach
    void letGo() {
        gated.open.countDown();
    }

    @Test
    void add_whileAnotherTaskAdds_waitsForItsTurn() throws Exception {
        ChatMemory waiting = new ConcurrentChatMemory(gated);
        Thread first = started(() -> waiting.add("c", Conversation.of("u1")));
        GatedRepository.await(gated.arrived);
        Thread second = started(() -> waiting.add("c", Conversation.of("u2")));
        await().until(() -> second.getState() == Thread.State.WAITING);

        gated.open.countDown();
        first.join();
        second.join();

        assertThat(inShort(waiting.get("c"))).isEqualTo("u1 u2");
    }

    @Test
    void add_whileAnotherTaskAdds_losesAMessageInSpringAisMemory() throws Exception {
        ChatMemory naive =
                MessageWindowChatMemory.builder().chatMemoryRepository(gated).build();

        addTwoAtOnce(naive);

        assertThat(inShort(naive.get("c"))).isEqualTo("u1"); // why there is a ConcurrentChatMemory
    }

    @Test
    void add_withAMessageWindow_keepsTheWindowAndLosesNothingElse() throws Exception {
        MessageWindowChatMemory window = MessageWindowChatMemory.builder()
                .chatMemoryRepository(gated)
                .maxMessages(2)
                .build();
        ChatMemory waiting = new ConcurrentChatMemory(window, gated);
        gated.stored.saveAll("c", Conversation.of("u8 u9"));
        Thread first = started(() -> waiting.add("c", Conversation.of("u1")));
        GatedRepository.await(gated.arrived);
        Thread second = started(() -> waiting.add("c", Conversation.of("u2")));
        await().until(() -> second.getState() == Thread.State.WAITING);
        gated.open.countDown();
        first.join();
        second.join();

        assertThat(inShort(waiting.get("c"))).isEqualTo("u1 u2");
    }

    @Test
    void clear_whileAnotherTaskAdds_comesAfterIt() throws Exception {
        ChatMemory waiting = new ConcurrentChatMemory(gated);
        Thread first = started(() -> waiting.add("c", Conversation.of("u1")));
        GatedRepository.await(gated.arrived);
        Thread second = started(() -> waiting.clear("c"));
        await().until(() -> second.getState() == Thread.State.WAITING);
        gated.open.countDown();
        first.join();
        second.join();

        assertThat(waiting.get("c")).isEmpty();
    }

    @Test
    void get_whileAnotherTaskAdds_doesNotWait() {
        ChatMemory waiting = new ConcurrentChatMemory(gated);
        gated.stored.saveAll("c", Conversation.of("u0"));
        Thread first = started(() -> waiting.add("c", Conversation.of("u1")));
        GatedRepository.await(gated.arrived);

        assertThat(inShort(waiting.get("c"))).isEqualTo("u0");
        assertThat(first.isAlive()).isTrue(); // it has not been waited for
    }

    @Test
    void add_toAnotherConversation_doesNotWait() {
        ChatMemory waiting = new ConcurrentChatMemory(gated);
        Thread first = started(() -> waiting.add("c", Conversation.of("u1")));
        GatedRepository.await(gated.arrived);

        waiting.add("d", Conversation.of("u2"));

        assertThat(inShort(waiting.get("d"))).isEqualTo("u2");
        assertThat(first.isAlive()).isTrue(); // it has not been waited for
    }

    @Test
    void add_manyMessages_keepsAll() {
        for (int i = 0; i < 100; i++) {
            memory.add("c", new UserMessage("u" + i));
        }

        assertThat(memory.get("c")).hasSize(100);
        assertThat(memory.get("c").get(0).getText()).isEqualTo("u0");
    }

    @Test
    void clear_removesTheConversation() {
        memory.add("c", Conversation.of("u1"));
        memory.add("d", Conversation.of("u1"));

        memory.clear("c");

        assertThat(memory.get("c")).isEmpty();
        assertThat(memory.get("d")).hasSize(1);
        assertThat(repository.findConversationIds()).containsExactly("d");
    }

    @Test
    void replaceOldest_keepsWhatWasAdded() {
        repository.saveAll("c", Conversation.of("u1 a1 u2 a2 u3"));

        assertThat(memory.replaceOldest("c", Conversation.of("u1 a1"), Conversation.of("summary:x")))
                .isTrue();

        assertThat(inShort(memory.get("c"))).isEqualTo("summary:x u2 a2 u3");
    }

    @Test
    void replaceOldest_writesOnce() {
        gated.open.countDown();
        gated.stored.saveAll("c", Conversation.of("u1 a1 u2"));

        new ConcurrentChatMemory(gated).replaceOldest("c", Conversation.of("u1 a1"), Conversation.of("summary:x"));

        assertThat(gated.writes).hasValue(1);
    }

    @Test
    void replaceOldest_otherMetadata_isTheSame() {
        repository.saveAll("c", Conversation.of("u1 a1 u2"));
        UserMessage withMetadata =
                UserMessage.builder().text("u1").metadata(Map.of("at", "noon")).build();

        assertThat(memory.replaceOldest("c", List.of(withMetadata), Conversation.of("summary:x")))
                .isTrue();
        assertThat(inShort(memory.get("c"))).isEqualTo("summary:x a1 u2");
    }

    @Test
    void replaceOldest_otherTextOrType_changesNothing() {
        repository.saveAll("c", Conversation.of("u1 a1 u2"));

        for (String other : List.of("u1 a9", "u9 a1", "u1 u1", "a1", "u1 a1 u2 a2", "u0 u1", "")) {
            assertThat(memory.replaceOldest("c", Conversation.of(other), Conversation.of("summary:x")))
                    .as(other)
                    .isFalse();
        }
        assertThat(inShort(memory.get("c"))).isEqualTo("u1 a1 u2");
    }

    @Test
    void replaceOldest_clearedMeanwhile_changesNothing() {
        assertThat(memory.replaceOldest("c", Conversation.of("u1 a1"), Conversation.of("summary:x")))
                .isFalse();
        assertThat(memory.get("c")).isEmpty();
    }

    @Test
    void replaceOldest_windowHasDroppedTheFirstMessages_replacesTheRest() {
        repository.saveAll("c", Conversation.of("u2 a2 u3 a3 u4"));
        ChatMemory window = MessageWindowChatMemory.builder()
                .chatMemoryRepository(repository)
                .build();

        assertThat(memory.replaceOldest("c", Conversation.of("u1 a1 u2 a2"), Conversation.of("summary:x")))
                .isFalse(); // a memory that keeps everything has not dropped them: they were cleared
        assertThat(new ConcurrentChatMemory(window, repository)
                        .replaceOldest("c", Conversation.of("u1 a1 u2 a2"), Conversation.of("summary:x")))
                .isTrue();
        assertThat(inShort(memory.get("c"))).isEqualTo("summary:x u3 a3 u4");
    }

    @Test
    @SuppressWarnings("NullAway") // passes null on purpose
    void arguments_wrong_areNamed() {
        assertThatNullPointerException()
                .isThrownBy(() -> new ConcurrentChatMemory(null))
                .withMessageContaining("repository");
        assertThatNullPointerException()
                .isThrownBy(() -> new ConcurrentChatMemory(null, repository))
                .withMessageContaining("delegate");
    }

    /** What code and tests that were written for Spring AI's memories expect. */
    @Test
    @SuppressWarnings("NullAway") // passes null on purpose
    void arguments_wrong_areRefusedAsSpringAiDoes() {
        ChatMemory springAi = MessageWindowChatMemory.builder().build();
        List<Consumer<ChatMemory>> mistakes = List.of(
                chatMemory -> chatMemory.add(null, new UserMessage("u1")),
                chatMemory -> chatMemory.add(null, List.of()),
                chatMemory -> chatMemory.add("", List.of()),
                chatMemory -> chatMemory.add(" ", List.of()),
                chatMemory -> chatMemory.get(null),
                chatMemory -> chatMemory.get(" "),
                chatMemory -> chatMemory.clear(null),
                chatMemory -> chatMemory.clear(" "),
                chatMemory -> chatMemory.add("c", (Message) null),
                chatMemory -> chatMemory.add("c", (List<Message>) null),
                chatMemory -> chatMemory.add("c", Arrays.asList(new UserMessage("u1"), null)));

        for (Consumer<ChatMemory> mistake : mistakes) {
            Throwable expected = catchThrowable(() -> mistake.accept(springAi));

            assertThat(expected).isInstanceOf(IllegalArgumentException.class);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> mistake.accept(memory))
                    .withMessage(expected.getMessage());
        }
        assertThat(memory.get("c")).isEmpty();
    }

    @Test
    void isGuarded_onlyWithAGuard() {
        HistoryGuard guard = mock(HistoryGuard.class);
        ChatMemory window = MessageWindowChatMemory.builder().build();

        assertThat(new ConcurrentChatMemory(repository, guard).isGuarded()).isTrue();
        assertThat(new ConcurrentChatMemory(window, repository, guard).isGuarded())
                .isTrue();
        assertThat(memory.isGuarded()).isFalse();
        assertThat(new ConcurrentChatMemory(window, repository).isGuarded()).isFalse();
        assertThat(new ConcurrentChatMemory(window, repository, null).isGuarded())
                .isFalse();
    }

    @Test
    void toString_hasNoText() {
        memory.add("c", Conversation.of("u1"));

        assertThat(memory).hasToString("ConcurrentChatMemory[repository=InMemoryChatMemoryRepository]");
    }

    /** The first task has read and not yet written when the second reads and writes. */
    private void addTwoAtOnce(ChatMemory unsafe) throws InterruptedException {
        Thread first = started(() -> unsafe.add("c", Conversation.of("u1")));
        GatedRepository.await(gated.arrived);
        unsafe.add("c", Conversation.of("u2"));
        gated.open.countDown();
        first.join();
    }

    private static Thread started(Runnable task) {
        Thread thread = new Thread(task, "task");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
