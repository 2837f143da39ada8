package io.github.agentcompaction.sample;

import java.util.List;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;

/** How an agent talks with the model in a session. */
interface Talk {

    /**
     * Asks the model, which also gets the conversation so far. Adds nothing to the conversation.
     *
     * @param subtask whether the answer is for another task, and not for the user
     */
    Reply ask(String sessionId, String question, boolean subtask);

    /** {@return the conversations that it is about} */
    Conversations conversations();

    /** {@return what the model said, which may be nothing} */
    static String text(ChatClientResponse response) {
        ChatResponse said = response.chatResponse();
        Generation generation = said == null ? null : said.getResult();
        String text = generation == null ? null : generation.getOutput().getText();
        return text == null ? "" : text;
    }

    /**
     * What the model said.
     *
     * @param text the answer
     * @param summaries the summaries of earlier messages that the user is to be told of
     */
    record Reply(String text, List<String> summaries) {}
}
