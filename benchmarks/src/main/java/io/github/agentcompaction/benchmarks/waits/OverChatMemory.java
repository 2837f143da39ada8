package io.github.agentcompaction.benchmarks.waits;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import java.util.function.Consumer;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;

/**
 * This project's advisor over chat memory.
 *
 * @param when when it compacts
 * @param share how much of the conversation it summarizes at once
 */
record OverChatMemory(When when, double share) implements Contestant {

    private static final double COMPACT_AT = 0.8;

    enum When {
        IN_BACKGROUND("in the background"),
        BEFORE_THE_CALL("before the call"),
        ON_OVERFLOW("on overflow only");

        private final String title;

        When(String title) {
            this.title = title;
        }
    }

    @Override
    public String title() {
        return when.title + ", share " + share;
    }

    @Override
    public boolean hasGoal() {
        return when == When.IN_BACKGROUND && share == ChatMemoryCompactor.DEFAULT_SHARE;
    }

    @Override
    public Consumer<String> session(WindowModel model, int window, WindowModel summarizer) {
        ConcurrentChatMemory memory = new ConcurrentChatMemory(new InMemoryChatMemoryRepository());
        CompactionTemplate template = CompactionTemplate.builder(
                        SessionCompactionState.builder().build(),
                        ChatMemoryCompactor.builder(memory, ChatClient.create(summarizer))
                                .share(share)
                                .build())
                .build();
        CompactionAdvisor.Builder advisor = CompactionAdvisor.builder(template, memory);
        switch (when) {
            case IN_BACKGROUND -> advisor.background(window, COMPACT_AT);
            case BEFORE_THE_CALL -> advisor.proactive(window, COMPACT_AT);
            case ON_OVERFLOW -> {}
        }
        ChatClient client = ChatClient.builder(model)
                .defaultAdvisors(
                        advisor.build(),
                        MessageChatMemoryAdvisor.builder(memory).build())
                .build();
        return question -> client.prompt(question)
                .advisors(call -> call.param(ChatMemory.CONVERSATION_ID, "session"))
                .call()
                .content();
    }
}
