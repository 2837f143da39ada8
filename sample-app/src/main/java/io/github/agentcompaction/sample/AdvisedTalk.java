package io.github.agentcompaction.sample;

import io.github.agentcompaction.springai.CompactionAdvisor;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.memory.ChatMemory;

/**
 * Talks through a {@link ChatClient} that has the {@link CompactionAdvisor}. That is all: if the conversation is too long
 * for the model, one of the session's tasks has it summarized, all of them try again, and the summary comes out with the
 * answer to the user.
 */
final class AdvisedTalk implements Talk {

    private final ChatClient client;
    private final Conversations conversations;

    AdvisedTalk(ChatClient client, Conversations conversations) {
        this.client = client;
        this.conversations = conversations;
    }

    @Override
    public Reply ask(String sessionId, String question, boolean subtask) {
        ChatClientResponse response = client.prompt()
                .user(question)
                .advisors(advisors ->
                        advisors.param(ChatMemory.CONVERSATION_ID, sessionId).param(CompactionAdvisor.SUBTASK, subtask))
                .call()
                .chatClientResponse();
        List<String> summary = Stream.ofNullable(response.context().get(CompactionAdvisor.SUMMARY))
                .map(String::valueOf)
                .toList();
        return new Reply(Talk.text(response), summary);
    }

    @Override
    public Conversations conversations() {
        return conversations;
    }
}
