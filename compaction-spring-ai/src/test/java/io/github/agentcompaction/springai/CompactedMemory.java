package io.github.agentcompaction.springai;

import io.github.agentcompaction.Compactor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import reactor.core.scheduler.Schedulers;

/**
 * Spring AI's memory behind one mutex, and a compactor that puts a summary in the place of all but the newest messages.
 * Notes whether either was used by a thread that must not block.
 */
final class CompactedMemory implements ChatMemory, Compactor {

    final AtomicInteger compactions = new AtomicInteger();
    final AtomicBoolean usedOnEventLoop = new AtomicBoolean();

    /** How many messages a compaction leaves; one is the user's message of the call that is running. */
    volatile int kept = 1;

    /** What the summarizer does; may throw or wait. */
    volatile Runnable summarizing = () -> {};

    private final ChatMemoryRepository repository = new InMemoryChatMemoryRepository();
    private final ChatMemory window = MessageWindowChatMemory.builder()
            .chatMemoryRepository(repository)
            .maxMessages(1000)
            .build();

    /** Turns of 24 characters each. */
    void fill(String sessionId, int turns) {
        for (int i = 1; i <= turns; i++) {
            add(
                    sessionId,
                    List.of(
                            new UserMessage("question %3d".formatted(i)),
                            new AssistantMessage("answer %5d".formatted(i))));
        }
    }

    List<String> texts(String sessionId) {
        return SmallWindowModel.texts(get(sessionId));
    }

    @Override
    public void add(String sessionId, List<Message> messages) {
        noteThread();
        synchronized (repository) {
            window.add(sessionId, messages);
        }
    }

    @Override
    public List<Message> get(String sessionId) {
        noteThread();
        synchronized (repository) {
            return window.get(sessionId);
        }
    }

    @Override
    public void clear(String sessionId) {
        window.clear(sessionId);
    }

    @Override
    public Optional<String> compact(String sessionId) {
        noteThread();
        int number = compactions.incrementAndGet();
        summarizing.run();
        synchronized (repository) {
            List<Message> messages = repository.findByConversationId(sessionId);
            int cut = messages.size() - kept;
            if (cut <= 2) { // at most the summary of the last time
                return Optional.empty();
            }
            List<Message> compacted = new ArrayList<>();
            compacted.add(new UserMessage("[summary]"));
            compacted.add(new AssistantMessage("summary " + number));
            compacted.addAll(messages.subList(cut, messages.size()));
            repository.saveAll(sessionId, compacted);
            return Optional.of("summary " + number);
        }
    }

    private void noteThread() {
        if (Schedulers.isInNonBlockingThread()) {
            usedOnEventLoop.set(true);
        }
    }
}
