package io.github.agentcompaction.sample.agent;

import java.util.List;
import java.util.Optional;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.model.ChatResponse;

/** A call of the model for one task of a session. */
interface ModelCall {

    /**
     * Asks the model, which also gets the conversation so far. Adds nothing to the conversation.
     *
     * @param subtask whether the answer is for another task, and not for the user
     */
    Reply ask(String sessionId, String question, boolean subtask);

    /** {@return what the model said, which may be nothing} */
    static String text(ChatClientResponse response) {
        return Optional.ofNullable(response.chatResponse())
                .map(ChatResponse::getResult)
                .map(answer -> answer.getOutput().getText())
                .orElse("");
    }

    /**
     * What the model said.
     *
     * @param text the answer
     * @param summaries the summaries of earlier messages that the user is to be told of
     */
    record Reply(String text, List<String> summaries) {}
}
