package io.github.agentcompaction.springai;

import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;

/**
 * Finds the messages that a compaction keeps word for word: the pinned ones, and with one of a tool call and its responses
 * also the others, because models refuse one without the other.
 */
final class Pins {

    private Pins() {}

    /** {@return the places of the messages to keep} */
    static BitSet in(List<Message> messages) {
        BitSet kept = new BitSet();
        IntStream.range(0, messages.size())
                .filter(i -> isPinned(messages.get(i)))
                .forEach(kept::set);
        if (kept.isEmpty()) {
            return kept;
        }
        int before;
        do { // a response may answer the calls of several messages
            before = kept.cardinality();
            for (int i = 0; i < messages.size(); i++) {
                BitSet pair = callAndResponses(i, messages);
                if (pair.intersects(kept)) {
                    kept.or(pair);
                }
            }
        } while (kept.cardinality() > before);
        return kept;
    }

    /** Some repositories return a boolean as a text. */
    private static boolean isPinned(Message message) {
        Object pinned = message.getMetadata().get(ChatMemoryCompactor.PINNED);
        return pinned != null && "true".equalsIgnoreCase(pinned.toString());
    }

    private static BitSet callAndResponses(int place, List<Message> messages) {
        BitSet places = new BitSet();
        if (messages.get(place) instanceof AssistantMessage call) {
            for (AssistantMessage.ToolCall toolCall : call.getToolCalls()) {
                places.set(place);
                places.set(Messages.indexOfResponse(toolCall.id(), place, messages));
            }
        }
        return places;
    }
}
