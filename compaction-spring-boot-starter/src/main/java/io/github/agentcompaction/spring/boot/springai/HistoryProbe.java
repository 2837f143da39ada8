package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;

/**
 * Stops the start if the chat memory would not be written in the store's transactions. If the database is down, the store finds
 * out later, and refuses to work then.
 */
final class HistoryProbe implements SmartInitializingSingleton {

    /** Makes a repository in memory where the application has none. */
    private static final String DEFAULT_REPOSITORY =
            "org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration";

    private final JdbcStore store;
    private final ListableBeanFactory beanFactory;
    private final ChatMemories memories;

    HistoryProbe(JdbcStore store, ListableBeanFactory beanFactory, ChatMemories memories) {
        this.store = store;
        this.beanFactory = beanFactory;
        this.memories = memories;
    }

    @Override
    public void afterSingletonsInstantiated() {
        Map<ChatMemoryRepository, String> names = new IdentityHashMap<>();
        memories.concurrent().forEach((name, memory) -> {
            boolean isOfAgents = memory == memories.ofAgents();
            if (memory.isGuarded()
                    && (isOfAgents || !isInThisProcess(memory.repository()))) { // which need not be a bean
                names.put(memory.repository(), "The ChatMemoryRepository of the ChatMemory '" + name + "', a ");
            }
        });
        beanFactory.getBeansOfType(ChatMemoryRepository.class).forEach((name, repository) -> {
            if (names.containsKey(repository) || isHistory(repository)) {
                names.put(repository, "The ChatMemoryRepository '" + name + "', a ");
            }
        });
        names.forEach((repository, name) -> verify(name + repository.getClass().getName() + ",", repository));
    }

    /** Not one in memory that is for something else than the agents. */
    private boolean isHistory(ChatMemoryRepository repository) {
        // Spring AI makes one that nobody uses where the history is in sessions of spring-ai-session.
        boolean historyIsElsewhere = beanFactory.containsBean(SessionCompactorAutoConfiguration.HISTORY)
                || (memories.ofAgents() instanceof ConcurrentChatMemory memory && memory.repository() != repository);
        return !(historyIsElsewhere && isInThisProcess(repository));
    }

    private static boolean isInThisProcess(ChatMemoryRepository repository) {
        return repository instanceof InMemoryChatMemoryRepository;
    }

    private void verify(String which, ChatMemoryRepository repository) {
        String conversation = UUID.randomUUID().toString();
        try {
            store.verifyHistory(
                    () -> repository.saveAll(conversation, List.of(new UserMessage("probe of compaction.store=jdbc"))),
                    () -> !repository.findByConversationId(conversation).isEmpty(),
                    () -> repository.deleteByConversationId(conversation));
        } catch (IllegalStateException e) {
            throw new SpringAiSetupException(
                    which
                            + " is not written in the transactions of compaction.store=jdbc, so two replicas would lose and"
                            + " double its messages. " + e.getMessage(),
                    "Give it the DataSource and the PlatformTransactionManager bean that the store uses, as in"
                            + " JdbcChatMemoryRepository.builder().dataSource(dataSource).transactionManager(transactions)"
                            + ".build(). If the chat memory is not in that database, set compaction.store to redis. If the"
                            + " application uses no chat memory, remove the bean; the one that Spring AI makes is gone with"
                            + " spring.autoconfigure.exclude=" + DEFAULT_REPOSITORY + ".");
        } catch (DataAccessException e) {
            throw new SpringAiSetupException(
                    which + " could not save a conversation ("
                            + NestedExceptionUtils.getMostSpecificCause(e).getMessage() + ").",
                    "Create its table, for instance with spring.ai.chat.memory.repository.jdbc.initialize-schema=always, and"
                            + " allow the database's user to write to it.");
        }
    }
}
