package io.github.agentcompaction.springai;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.ToolResponseMessage;

/** A stored conversation, seen as the summary that it begins with, if any, and the turns after that. */
final class History {

    /*
     * A turn begins with a user message and ends before the next one. Two user messages in a row, as parallel tasks add
     * them, begin one turn: nobody has answered the first yet. A user message between a tool call and its response, which
     * only parallel tasks bring about, does not begin a turn: models refuse the one without the other. What stands before
     * the first user message, such as a greeting, belongs to the first turn.
     *
     * System messages may stand anywhere. They are instructions and stay.
     */

    private final List<Message> messages;
    private final Optional<String> summary;

    /** Where the first turn begins, and then where each turn ends. The newest turn is not among them: it stays. */
    private final List<Integer> cuts = new ArrayList<>();

    History(List<Message> messages) {
        this.messages = messages;
        int head = 0;
        while (head < messages.size() && isSystem(messages.get(head))) {
            head++;
        }
        this.summary = Summaries.at(head, messages);
        cuts.add(summary.isPresent() ? head + 2 : head);
        findCuts();
    }

    private void findCuts() {
        boolean inTurn = false;
        boolean answered = false;
        int openUntil = 0; // where the last response to a tool call before here stands
        for (int i = cuts.get(0); i < messages.size(); i++) {
            Message message = messages.get(i);
            if (message.getMessageType() == MessageType.USER) {
                if (inTurn && answered && i > openUntil) {
                    cuts.add(i);
                }
                inTurn = true;
                answered = false;
            } else if (!isSystem(message)) {
                answered = true;
                openUntil = Math.max(openUntil, lastResponse(i));
            }
        }
    }

    /** Where the last of the responses to a message's tool calls stands; the message's own place if there is none. */
    private int lastResponse(int call) {
        int last = call;
        if (messages.get(call) instanceof AssistantMessage assistant) {
            for (AssistantMessage.ToolCall toolCall : assistant.getToolCalls()) {
                last = Math.max(last, response(toolCall.id(), call));
            }
        }
        return last;
    }

    private int response(String id, int call) {
        for (int i = call + 1; i < messages.size(); i++) {
            if (messages.get(i) instanceof ToolResponseMessage tool
                    && tool.getResponses().stream()
                            .anyMatch(response -> response.id().equals(id))) {
                return i;
            }
        }
        return call;
    }

    /** {@return the summary that the conversation begins with, if an earlier compaction has put one there} */
    Optional<String> summary() {
        return summary;
    }

    /**
     * Counts the turns that make up the oldest part.
     *
     * @param share how much of the turns' tokens the part should have at least, over 0 and up to 1
     * @param tokens how long a message is
     * @return at least one turn if there are two or more; never the newest
     */
    int oldestTurns(double share, ToIntFunction<Message> tokens) {
        int turns = cuts.size() - 1;
        long[] ends = new long[turns];
        long total = 0;
        for (int i = cuts.get(0), turn = 0; i < messages.size(); i++) {
            if (turn < turns && i == cuts.get(turn + 1)) {
                ends[turn++] = total;
            }
            total += isSystem(messages.get(i)) ? 0 : tokens.applyAsInt(messages.get(i));
        }
        int taken = Math.min(1, turns);
        while (taken < turns && ends[taken - 1] < share * total) {
            taken++;
        }
        return taken;
    }

    /** {@return what is told in the given number of oldest turns} */
    List<Message> told(int turns) {
        return messages.subList(cuts.get(0), cuts.get(turns)).stream()
                .filter(message -> !isSystem(message))
                .toList();
    }

    /** {@return all messages up to the end of the given number of oldest turns, as they are stored} */
    List<Message> oldest(int turns) {
        return messages.subList(0, cuts.get(turns));
    }

    /** {@return what takes the place of {@link #oldest}} */
    List<Message> summarized(int turns, String newSummary) {
        List<Message> replacement =
                new ArrayList<>(oldest(turns).stream().filter(History::isSystem).toList());
        replacement.addAll(Summaries.messages(newSummary));
        return replacement;
    }

    private static boolean isSystem(Message message) {
        return message.getMessageType() == MessageType.SYSTEM;
    }
}
