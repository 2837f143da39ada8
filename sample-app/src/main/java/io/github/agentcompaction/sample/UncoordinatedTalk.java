package io.github.agentcompaction.sample;

import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.ContextLimitErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.memory.ChatMemory;

/**
 * Talks as a service does that leaves each task alone with the model's limit: the task has the conversation summarized,
 * and tries again. With the same compactor; only nobody asks whether another task is at it, or has been.
 *
 * <p>Here to be compared with {@link AdvisedTalk}. It works on copies of the conversations.
 */
final class UncoordinatedTalk implements Talk {

    private static final int MOST_TRIES = 4;

    private final ChatClient client;
    private final Compactor compactor;
    private final Conversations copies;

    UncoordinatedTalk(ChatClient client, Compactor compactor, Conversations copies) {
        this.client = client;
        this.compactor = compactor;
        this.copies = copies;
    }

    @Override
    public Reply ask(String sessionId, String question, boolean subtask) {
        List<String> summaries = new ArrayList<>();
        for (int tries = 1; ; tries++) {
            try {
                return new Reply(askOnce(sessionId, question), summaries);
            } catch (RuntimeException failure) {
                if (tries == MOST_TRIES || !ContextLimitErrors.isContextLimit(failure)) {
                    throw failure;
                }
                summaries.add(summarize(sessionId, failure));
            }
            Lane.current().ifPresent(lane -> lane.enter(TaskState.RETRYING));
        }
    }

    private String askOnce(String sessionId, String question) {
        return Talk.text(client.prompt()
                .user(question)
                .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, sessionId))
                .call()
                .chatClientResponse());
    }

    private String summarize(String sessionId, RuntimeException limit) {
        Optional<String> summary;
        try {
            summary = compactor.compact(sessionId);
        } catch (Exception e) {
            throw new IllegalStateException("The conversation could not be summarized.", e);
        }
        return summary.orElseThrow(() -> limit);
    }

    @Override
    public Conversations conversations() {
        return copies;
    }
}
