package io.github.agentcompaction.sample;

import io.github.agentcompaction.CompactedReply;
import io.github.agentcompaction.CompactionTemplate;
import java.util.List;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.memory.ChatMemory;

/**
 * Talks through a {@link ChatClient} that has the {@link CompactionTemplate}. That is all: if the conversation is too long
 * for the model, one of the session's tasks has it summarized, all of them try again, and the summary comes out with the
 * answer to the user.
 */
final class AdvisedTalk implements Talk {

    private final CompactionTemplate template;
    private final ChatClient client;
    private final Conversations conversations;

    AdvisedTalk(CompactionTemplate template, ChatClient client, Conversations conversations) {
        this.template = template;
        this.client = client;
        this.conversations = conversations;
    }

    @Override
    public Reply ask(String sessionId, String question, boolean subtask) {
        if (subtask) {
            return new Reply(template.executeSubtask(sessionId, () -> call(sessionId, question)), List.of());
        }
        CompactedReply<String> reply = template.execute(sessionId, () -> call(sessionId, question));
        return new Reply(reply.value(), reply.summary().stream().toList());
    }

    private String call(String sessionId, String question) {
        return Talk.text(client.prompt()
                .user(question)
                .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, sessionId))
                .call()
                .chatClientResponse());
    }

    @Override
    public Conversations conversations() {
        return conversations;
    }
}
