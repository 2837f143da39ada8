package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.springai.ConcurrentChatMemory;
import java.util.stream.Stream;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Stops the start if a chat memory was made without the guard of the store: it works, and two replicas lose and double its
 * messages.
 *
 * <p>This holds for a memory that no agent uses, too: replicas share its repository, and the guard costs it one word. Only what is
 * kept in this process may be meant to be for this process alone, and gets a warning; unless the agents use it, whose sessions all
 * replicas work on.
 */
final class UnguardedMemories implements SmartInitializingSingleton {

    private static final Log logger = LogFactory.getLog(UnguardedMemories.class);

    /** What a bean method is to return. */
    static final String GUARDED = "new ConcurrentChatMemory(memory, repository, guard), with the HistoryGuard bean,";

    private final ListableBeanFactory beanFactory;

    UnguardedMemories(ListableBeanFactory beanFactory) {
        this.beanFactory = beanFactory;
    }

    @Override
    public void afterSingletonsInstantiated() {
        ChatMemory ofAgents = memoryOfAgents();
        beanFactory.getBeansOfType(ChatMemory.class, false, true).forEach((name, memory) -> {
            if (memory instanceof ConcurrentChatMemory concurrent && !concurrent.isGuarded()) {
                if (memory != ofAgents && concurrent.repository() instanceof InMemoryChatMemoryRepository) {
                    logger.warn(
                            "The ConcurrentChatMemory '" + name + "' is in this process: other replicas do not see its"
                                    + " conversations, and compaction.store=jdbc does not guard them. To share it, return "
                                    + GUARDED
                                    + " from its bean method.");
                } else {
                    throw unguarded(name);
                }
            }
        });
    }

    /** {@return the one that the starter's advisors read, or its compactor shortens, if they are not for something else} */
    private @Nullable ChatMemory memoryOfAgents() {
        boolean isUsed = Stream.of(
                        CompactionAdvisorAutoConfiguration.CHAT_MEMORY_HISTORY,
                        ChatMemoryCompactorAutoConfiguration.COMPACTOR)
                .anyMatch(beanFactory::containsBean);
        return isUsed ? beanFactory.getBeanProvider(ChatMemory.class).getIfUnique() : null;
    }

    private static SpringAiSetupException unguarded(String name) {
        return new SpringAiSetupException(
                "The ConcurrentChatMemory '" + name
                        + "' has no HistoryGuard, so compaction.store=jdbc does not guard its"
                        + " conversations: two replicas that write at once lose and double messages.",
                "Return " + GUARDED
                        + " or, to keep every message, new ConcurrentChatMemory(repository, guard), from its bean"
                        + " method. Or remove the bean, so that the starter makes one on your ChatMemoryRepository.");
    }
}
