package io.github.agentcompaction.sample.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.sample.SampleTest;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.transaction.PlatformTransactionManager;

/** The conversations in the embedded database. */
@SampleTest
class ConversationsTest {

    @Autowired
    private ChatMemoryRepository repository;

    @Autowired
    private DataSource dataSource;

    @Autowired
    private PlatformTransactionManager transactionManager;

    private final String session = UUID.randomUUID().toString();
    private Conversations conversations;

    @BeforeEach
    void create() {
        conversations = new Conversations("planner", repository, null);
    }

    @Test
    void read_unknownSession_isEmpty() {
        assertThat(conversations.read(session)).isEmpty();
        assertThat(conversations.memory().get(session)).isEmpty();
    }

    @Test
    void append_manyThreads_keepsEveryTurnTogether_inTheSameOrderInBothForms() throws Exception {
        List<Callable<Void>> appends = IntStream.range(0, 20)
                .<Callable<Void>>mapToObj(i -> () -> {
                    conversations.append(session, turn("question " + i, "answer " + i));
                    return null;
                })
                .toList();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (Future<Void> append : threads.invokeAll(appends)) {
                append.get();
            }
        } finally {
            threads.shutdown();
        }

        Transcript transcript = conversations.read(session).orElseThrow();
        List<String> texts = texts(transcript.kept());
        assertThat(texts).hasSize(40).doesNotHaveDuplicates();
        for (int i = 0; i < texts.size(); i += 2) {
            assertThat(texts.get(i + 1)).isEqualTo(texts.get(i).replace("question", "answer"));
        }
        assertThat(texts(conversations.memory().get(session))).isEqualTo(texts);
    }

    @Test
    void append_failsHalfwayInAStore_leavesNothingInEitherForm() {
        JdbcStore store = JdbcStore.builder(dataSource, transactionManager).build();
        store.initialize();
        Conversations guarded = new Conversations("planner", new FailingAtLast(repository), store);
        conversations.append(session, turn("1", "2"));

        assertThatThrownBy(() -> guarded.append(session, turn("3", "4"))).hasMessage("disk full");

        assertThat(texts(conversations.read(session).orElseThrow().kept())).containsExactly("1", "2");
        assertThat(texts(conversations.memory().get(session))).containsExactly("1", "2");
        store.close();
    }

    @Test
    void read_compactedMemory_tellsWhatTheSummaryStandsFor() {
        conversations.append(session, turn("1", "2"));
        conversations.append(session, turn("3", "4"));
        new NamedRepository("planner/memory", repository)
                .saveAll(
                        session,
                        List.of(
                                new UserMessage(ChatMemoryCompactor.SUMMARY_REQUEST),
                                new AssistantMessage("1 and 2"),
                                new UserMessage("3"),
                                new AssistantMessage("4")));

        Transcript transcript = conversations.read(session).orElseThrow();

        assertThat(texts(transcript.summarized())).containsExactly("1", "2");
        assertThat(transcript.summary()).hasValue("1 and 2");
        assertThat(texts(transcript.kept())).containsExactly("3", "4");
    }

    @Test
    void readOnlyMemory_takesNothing() {
        conversations.append(session, turn("1", "2"));

        conversations.readOnlyMemory().add(session, turn("3", "4"));
        conversations.readOnlyMemory().clear(session);

        assertThat(texts(conversations.readOnlyMemory().get(session))).containsExactly("1", "2");
    }

    @Test
    void sameSessionOfAnotherAgent_isAnotherConversation() {
        conversations.append(session, turn("1", "2"));

        assertThat(new Conversations("researcher", repository, null).read(session))
                .isEmpty();
    }

    @Test
    void copy_isIndependent() {
        conversations.append(session, turn("1", "2"));
        Conversations copies = new Conversations("planner", new RecentConversations(), null);

        copies.copy(session, conversations);
        copies.append(session, turn("3", "4"));

        assertThat(texts(copies.read(session).orElseThrow().kept())).containsExactly("1", "2", "3", "4");
        assertThat(texts(conversations.read(session).orElseThrow().kept())).containsExactly("1", "2");
        copies.clear(session);
        assertThat(copies.read(session)).isEmpty();
        assertThat(conversations.read(session)).isPresent();
    }

    @Test
    void recentConversations_keepTheLastUsed() {
        RecentConversations recent = new RecentConversations();
        recent.saveAll("first", turn("1", "2"));
        recent.saveAll("second", turn("1", "2"));
        for (int i = 0; i < 498; i++) {
            recent.saveAll("more-" + i, turn("1", "2"));
        }
        assertThat(recent.findByConversationId("first")).hasSize(2); // used again

        recent.saveAll("one too many", turn("1", "2"));

        assertThat(recent.findByConversationId("first")).hasSize(2);
        assertThat(recent.findByConversationId("second")).isEmpty();
        assertThat(recent.findConversationIds()).hasSize(500);
    }

    /** Cannot save what is saved second: the memory, which follows the record. */
    private static final class FailingAtLast implements ChatMemoryRepository {

        private final ChatMemoryRepository repository;
        private int saved;

        FailingAtLast(ChatMemoryRepository repository) {
            this.repository = repository;
        }

        @Override
        public void saveAll(String conversationId, List<Message> messages) {
            if (++saved == 2) {
                throw new IllegalStateException("disk full");
            }
            repository.saveAll(conversationId, messages);
        }

        @Override
        public List<String> findConversationIds() {
            return repository.findConversationIds();
        }

        @Override
        public List<Message> findByConversationId(String conversationId) {
            return repository.findByConversationId(conversationId);
        }

        @Override
        public void deleteByConversationId(String conversationId) {
            repository.deleteByConversationId(conversationId);
        }
    }

    private static List<Message> turn(String question, String answer) {
        return List.of(new UserMessage(question), new AssistantMessage(answer));
    }

    private static List<String> texts(List<Message> messages) {
        return messages.stream().map(message -> "" + message.getText()).toList();
    }
}
