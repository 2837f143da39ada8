package io.github.agentcompaction.sample.agent;

import io.github.agentcompaction.ContextLimitErrors;
import io.github.agentcompaction.StagedCompactor;
import io.github.agentcompaction.sample.progress.Lane;
import io.github.agentcompaction.sample.progress.TaskState;
import java.util.ArrayList;
import java.util.List;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.memory.ChatMemory;

/**
 * A call as a service writes it without this project, to be compared with {@link AdvisedCall}: a task that hits the model's
 * limit has the conversation summarized and asks again, without looking whether another task does so, too.
 *
 * @param client a client without the advisor
 * @param compactor the same compactor that the advised call uses
 */
record UncoordinatedCall(ChatClient client, StagedCompactor compactor) implements ModelCall {

    private static final int MOST_COMPACTIONS = 3;

    @Override
    public Reply ask(String sessionId, String question, boolean subtask) {
        List<String> summaries = new ArrayList<>();
        while (true) {
            try {
                return new Reply(askOnce(sessionId, question), summaries);
            } catch (RuntimeException failure) {
                if (summaries.size() == MOST_COMPACTIONS || !ContextLimitErrors.isContextLimit(failure)) {
                    throw failure;
                }
                summaries.add(summarize(sessionId, failure));
            }
            Lane.current().ifPresent(lane -> lane.enter(TaskState.RETRYING));
        }
    }

    private String askOnce(String sessionId, String question) {
        return ModelCall.text(client.prompt()
                .user(question)
                .advisors(call -> call.param(ChatMemory.CONVERSATION_ID, sessionId))
                .call()
                .chatClientResponse());
    }

    private String summarize(String sessionId, RuntimeException limit) {
        try {
            StagedCompactor.Prepared prepared = compactor.prepare(sessionId).orElseThrow(() -> limit);
            prepared.apply(); // in vain if another task was faster: the summary is paid for and told all the same
            return prepared.summary();
        } catch (Exception e) {
            throw e == limit ? limit : new IllegalStateException("The conversation could not be summarized.", e);
        }
    }
}
