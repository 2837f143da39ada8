package io.github.agentcompaction.springai;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.Message;

/** Reads the stored messages of a conversation; {@code chatMemory::get} is one. */
@FunctionalInterface
public interface HistorySource {

    /**
     * Reads a conversation. May block, and is called by several threads at once.
     *
     * @param conversationId the conversation's id
     * @return its messages, the oldest first; empty if there is no such conversation
     */
    List<Message> read(String conversationId);

    /**
     * Reads what one call may see of a conversation: all of it, unless overridden.
     *
     * @param conversationId the conversation's id
     * @param context the call's context, with its advisor parameters
     * @return the messages, the oldest first; empty if there is no such conversation
     */
    default List<Message> read(String conversationId, Map<String, @Nullable Object> context) {
        return read(conversationId);
    }
}
