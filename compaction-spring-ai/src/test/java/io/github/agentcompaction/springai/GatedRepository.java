package io.github.agentcompaction.springai;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;

/** Stops the first task that writes, before it has written, until the test lets it go on. */
final class GatedRepository implements ChatMemoryRepository {

    final ChatMemoryRepository stored = new InMemoryChatMemoryRepository();
    final AtomicInteger writes = new AtomicInteger();
    final CountDownLatch arrived = new CountDownLatch(1);
    final CountDownLatch open = new CountDownLatch(1);

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
        if (writes.incrementAndGet() == 1) {
            arrived.countDown();
            await(open);
        }
        stored.saveAll(conversationId, messages);
    }

    @Override
    public void deleteByConversationId(String conversationId) {
        stored.deleteByConversationId(conversationId);
    }

    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(2, TimeUnit.MINUTES)) {
                throw new IllegalStateException("the other thread did not come");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
