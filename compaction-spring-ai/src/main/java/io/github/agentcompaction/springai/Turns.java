package io.github.agentcompaction.springai;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;

/** Cuts a stored conversation into the summary that it begins with, if any, and the turns after that. */
final class Turns {

    /*
     * A turn begins with a user message and ends before the next one, also where no answer came: the call may have failed.
     * So only the newest user message stays in any case, and messages that failed cannot fill the conversation. A user
     * message between a tool call and its response, which only parallel tasks bring about, does not begin a turn: models
     * refuse the one without the other. What stands before the first user message, such as a greeting, belongs to the first
     * turn.
     *
     * System messages may stand anywhere. They are instructions and stay. So do pinned messages, behind the summary; they
     * count as told, but not as something to summarize: a part has at least one message that is none of them, or each
     * compaction would leave what it found.
     */

    private final List<Message> messages;
    private final int[] tokens; // of each message
    private final BitSet pinned; // their places
    private final Optional<String> summary;

    /** Where the first turn begins, and then where each turn ends. The newest turn is not among them: it stays. */
    private final List<Integer> cuts = new ArrayList<>();

    /** @param tokens how long a message is */
    Turns(List<Message> messages, ToIntFunction<Message> tokens) {
        this.messages = messages;
        this.tokens = messages.stream().mapToInt(tokens).toArray();
        this.pinned = Pins.in(messages);
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
        int openUntil = 0; // where the last response to a tool call before here stands
        for (int i = cuts.get(0); i < messages.size(); i++) {
            Message message = messages.get(i);
            if (isOfUser(message)) {
                if (inTurn && i > openUntil) {
                    cuts.add(i);
                }
                inTurn = true;
            } else if (!isSystem(message)) {
                openUntil = Math.max(openUntil, lastResponse(i));
            }
        }
    }

    /** Where the last of the responses to a message's tool calls stands; the message's own place if there is none. */
    private int lastResponse(int call) {
        int last = call;
        if (messages.get(call) instanceof AssistantMessage assistant) {
            for (AssistantMessage.ToolCall toolCall : assistant.getToolCalls()) {
                last = Math.max(last, Messages.indexOfResponse(toolCall.id(), call, messages));
            }
        }
        return last;
    }

    /** {@return the summary that the conversation begins with, if an earlier compaction has put one there} */
    Optional<String> summary() {
        return summary;
    }

    /**
     * Counts the turns that make up the oldest part. It ends with an answer if there is one before the newest turn: of
     * user messages in a row, as parallel tasks and failed calls leave them, none is summarized without the others.
     *
     * @param share how much of the tokens that can be summarized the part should have at least, over 0 and up to 1
     * @return at least one turn if there are two or more, with a message that can be summarized; never the newest
     */
    int oldestTurns(double share) {
        int turns = cuts.size() - 1;
        double wanted = share * tokensToSummarize(cuts.get(0), messages.size());
        int taken = 0;
        long length = 0;
        while (taken < turns && (length < wanted || !isSummarizable(0, taken))) {
            length += tokensToSummarize(cuts.get(taken), cuts.get(taken + 1));
            taken++;
        }
        if (!isSummarizable(0, taken)) {
            return 0;
        }
        while (taken < turns && !isAnswered(taken)) {
            taken++;
        }
        return taken;
    }

    private boolean isAnswered(int turn) {
        int last = cuts.get(turn) - 1;
        while (isSystem(messages.get(last))) {
            last--;
        }
        return !isOfUser(messages.get(last));
    }

    /** {@return whether some turns have anything but system and pinned messages} */
    boolean isSummarizable(int fromTurn, int toTurn) {
        return toSummarize(cuts.get(fromTurn), cuts.get(toTurn)).findAny().isPresent();
    }

    private long tokensToSummarize(int from, int to) {
        return toSummarize(from, to).mapToLong(i -> tokens[i]).sum();
    }

    private IntStream toSummarize(int from, int to) {
        return IntStream.range(from, to).filter(i -> !isSystem(messages.get(i)) && !pinned.get(i));
    }

    /** {@return how long the conversation is} */
    long tokens() {
        return Arrays.stream(tokens).asLongStream().sum();
    }

    /** {@return how long the conversation is behind the given number of oldest turns} */
    long tokensBehind(int turns) {
        return Arrays.stream(tokens, cuts.get(turns), tokens.length)
                .asLongStream()
                .sum();
    }

    /** {@return the messages of some turns, for the model that summarizes} */
    List<Message> told(int fromTurn, int toTurn) {
        return messages.subList(cuts.get(fromTurn), cuts.get(toTurn)).stream()
                .filter(message -> !isSystem(message))
                .toList();
    }

    /** {@return all messages up to the end of the given number of oldest turns, as they are stored} */
    List<Message> oldest(int turns) {
        return messages.subList(0, cuts.get(turns));
    }

    /** {@return what replaces {@link #oldest}: its system messages, the new summary, and its pinned messages} */
    List<Message> summarized(int turns, String newSummary) {
        List<Message> oldest = oldest(turns);
        List<Message> replacement =
                new ArrayList<>(oldest.stream().filter(Turns::isSystem).toList());
        replacement.addAll(Summaries.messages(newSummary));
        pinned.stream()
                .takeWhile(i -> i < oldest.size())
                .mapToObj(oldest::get)
                .filter(message -> !isSystem(message))
                .forEach(replacement::add);
        return replacement;
    }

    private static boolean isOfUser(Message message) {
        return message.getMessageType() == MessageType.USER;
    }

    private static boolean isSystem(Message message) {
        return message.getMessageType() == MessageType.SYSTEM;
    }
}
