package io.github.agentcompaction.sample.agent;

import io.github.agentcompaction.springai.ChatMemoryCompactor;
import java.util.List;
import java.util.Optional;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;

/**
 * A whole conversation.
 *
 * @param summarized the messages that the model is sent a summary for
 * @param summary that summary, if there is one
 * @param kept the messages that the model is sent as they are
 * @param sentLength how many characters the model is sent
 */
public record Transcript(List<Message> summarized, Optional<String> summary, List<Message> kept, int sentLength) {

    /** What is still in the memory, after the summary, is what was said last. */
    static Transcript of(List<Message> said, List<Message> memory) {
        boolean compacted = memory.size() > 1
                && memory.get(0).getMessageType() == MessageType.USER
                && ChatMemoryCompactor.SUMMARY_REQUEST.equals(memory.get(0).getText());
        Optional<String> summary = compacted ? Optional.ofNullable(memory.get(1).getText()) : Optional.empty();
        int kept = Math.min(said.size(), memory.size() - (compacted ? 2 : 0));
        int cut = said.size() - kept;
        return new Transcript(said.subList(0, cut), summary, said.subList(cut, said.size()), length(memory));
    }

    private static int length(List<Message> messages) {
        return messages.stream()
                .map(Message::getText)
                .mapToInt(text -> text == null ? 0 : text.length())
                .sum();
    }
}
