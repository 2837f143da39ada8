package io.github.agentcompaction.springai;

import java.util.List;
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
}
