package io.github.agentcompaction.benchmarks.sidebyside;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;

/** This project's advisor and chat memory: each task is a call of a {@code ChatClient} that the model first refuses. */
final class AdvisorOverChatMemory implements Contestant {

    private static final String SESSION = "session";

    @Override
    public String name() {
        return "this project's advisor over ChatMemory";
    }

    @Override
    public boolean isOurs() {
        return true;
    }

    @Override
    public Prepared prepare(Scenario scenario, Ledger ledger, Summarizer summarizer, Timing timing) {
        ConcurrentChatMemory memory = new ConcurrentChatMemory(new InMemoryChatMemoryRepository());
        memory.add(SESSION, Replies.history(ledger));
        ChatModel summaries = prompt -> Replies.of(summarizer.summarize(prompt.getContents()));
        CompactionTemplate template = CompactionTemplate.builder(
                        SessionCompactionState.builder().build(),
                        ChatMemoryCompactor.builder(memory, ChatClient.create(summaries))
                                .build())
                .build();
        ChatClient client = ChatClient.builder(Replies.refusing(ledger, timing))
                .defaultAdvisors(
                        CompactionAdvisor.builder(template, memory).build(),
                        MessageChatMemoryAdvisor.builder(memory).build())
                .build();
        return new Prepared() {
            @Override
            public void run() throws InterruptedException {
                Tasks.run(
                        scenario,
                        timing,
                        ledger,
                        task -> client.prompt(ledger.message())
                                .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, SESSION))
                                .call()
                                .content());
            }

            @Override
            public void append(String message) {
                memory.add(SESSION, new UserMessage(message));
            }

            @Override
            public Iterable<String> history() {
                return Replies.texts(memory.get(SESSION));
            }
        };
    }
}
