package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.springai.ConcurrentChatMemory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.beans.factory.ListableBeanFactory;

/** The application's chat memories, as its beans are when all are there. */
record ChatMemories(ListableBeanFactory beanFactory) {

    /** {@return by their names} */
    Map<String, ConcurrentChatMemory> concurrent() {
        Map<String, ConcurrentChatMemory> found = new LinkedHashMap<>();
        beanFactory.getBeansOfType(ChatMemory.class, false, true).forEach((name, memory) -> {
            if (memory instanceof ConcurrentChatMemory concurrent) {
                found.put(name, concurrent);
            }
        });
        return found;
    }

    /** {@return the one that the starter's advisors read, or its compactor shortens, if they are not for something else} */
    @Nullable
    ChatMemory ofAgents() {
        boolean isUsed = Stream.of(
                        CompactionAdvisorAutoConfiguration.CHAT_MEMORY_HISTORY,
                        ChatMemoryCompactorAutoConfiguration.COMPACTOR)
                .anyMatch(beanFactory::containsBean);
        return isUsed ? beanFactory.getBeanProvider(ChatMemory.class).getIfUnique() : null;
    }
}
