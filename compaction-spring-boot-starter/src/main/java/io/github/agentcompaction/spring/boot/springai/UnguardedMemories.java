package io.github.agentcompaction.spring.boot.springai;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
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

    private final ChatMemories memories;

    UnguardedMemories(ChatMemories memories) {
        this.memories = memories;
    }

    @Override
    public void afterSingletonsInstantiated() {
        ChatMemory ofAgents = memories.ofAgents();
        memories.concurrent().forEach((name, memory) -> {
            boolean isInThisProcess = memory.repository() instanceof InMemoryChatMemoryRepository;
            if (!memory.isGuarded() && !(isInThisProcess && memory != ofAgents)) {
                throw unguarded(name);
            }
            if (isInThisProcess) {
                logger.warn("The ConcurrentChatMemory '" + name + "' is in this process, on an"
                        + " InMemoryChatMemoryRepository: other replicas do not see its conversations. To share it, give it"
                        + " a repository that they share, and return "
                        + GUARDED
                        + " from its bean method.");
            }
        });
    }

    private static SpringAiSetupException unguarded(String name) {
        return new SpringAiSetupException(
                "The ConcurrentChatMemory '" + name
                        + "' has no HistoryGuard, so compaction.store does not guard its"
                        + " conversations: two replicas that write at once lose and double messages.",
                "Return " + GUARDED
                        + " or, to keep every message, new ConcurrentChatMemory(repository, guard), from its bean"
                        + " method. Or remove the bean, so that the starter makes one on your ChatMemoryRepository.");
    }
}
