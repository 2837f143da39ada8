package io.github.agentcompaction.sample.agent;

import io.github.agentcompaction.springai.CompactionAdvisor;
import java.util.List;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.memory.ChatMemory;

/**
 * A call through a {@link ChatClient} that has the {@link CompactionAdvisor}. If the conversation is too long for the model,
 * one of the session's tasks has it summarized, all of them ask again, and the summary comes with the answer to the user.
 *
 * @param client the agent's client
 */
record AdvisedCall(ChatClient client) implements ModelCall {

    @Override
    public Reply ask(String sessionId, String question, boolean subtask) {
        ChatClientResponse response = client.prompt()
                .user(question)
                .advisors(call ->
                        call.param(ChatMemory.CONVERSATION_ID, sessionId).param(CompactionAdvisor.SUBTASK, subtask))
                .call()
                .chatClientResponse();
        Object summary = response.context().get(CompactionAdvisor.SUMMARY); // null, unless the session was summarized
        return new Reply(ModelCall.text(response), summary == null ? List.of() : List.of(summary.toString()));
    }
}
