package io.github.agentcompaction.springai;

import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;

/** The conversations in the memory of the process. */
class InMemoryRepositoryTest extends RepositoryContract {

    @Override
    ChatMemoryRepository repository() {
        return new InMemoryChatMemoryRepository();
    }
}
