package io.github.agentcompaction.springai;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.prompt.Prompt;

/**
 * The tool results in a prompt that a note may replace, each of parallel calls by itself: all but the newest two, which the
 * model most likely works with.
 */
final class ToolResults {

    private static final int KEPT = 2;

    private final List<Message> messages;
    private final int newest; // where the newest two begin, counted in results

    ToolResults(Prompt prompt) {
        this.messages = prompt.getInstructions();
        this.newest = messages.stream()
                        .filter(ToolResponseMessage.class::isInstance)
                        .mapToInt(message ->
                                ((ToolResponseMessage) message).getResponses().size())
                        .sum()
                - KEPT;
    }

    /** {@return those that are worth a note, the oldest first} */
    List<Replaceable> replaceable() {
        int running = runningTurn();
        int unseen = newestToolMessage();
        List<Replaceable> found = new ArrayList<>();
        int seen = 0;
        for (int i = 0; i < messages.size(); i++) {
            if (messages.get(i) instanceof ToolResponseMessage tool) {
                Age age = i < running ? Age.OLD_TURN : i < unseen ? Age.THIS_TURN : Age.NOT_YET_SEEN;
                for (ToolResponse response : tool.getResponses()) {
                    if (seen++ < newest && isWorthANote(response)) {
                        found.add(new Replaceable(response, age));
                    }
                }
            }
        }
        return found;
    }

    /**
     * {@return the messages with notes in the place of some results}
     *
     * @param isCleared asked for all but the newest two, the oldest first
     */
    List<Message> withNotes(Predicate<ToolResponse> isCleared) {
        List<Message> noted = new ArrayList<>(messages.size());
        int seen = 0;
        for (Message message : messages) {
            if (!(message instanceof ToolResponseMessage tool)) {
                noted.add(message);
                continue;
            }
            List<ToolResponse> responses = new ArrayList<>();
            for (ToolResponse response : tool.getResponses()) {
                responses.add(seen++ < newest && isCleared.test(response) ? noted(response) : response);
            }
            noted.add(
                    responses.equals(tool.getResponses())
                            ? tool
                            : ToolResponseMessage.builder()
                                    .responses(responses)
                                    .metadata(tool.getMetadata())
                                    .build());
        }
        return noted;
    }

    /**
     * Where the turn begins that is under way: behind its question. A model that has not called a tool yet is given a prompt
     * that ends with the question; behind the results of a later round only an advisor adds a user message.
     */
    private int runningTurn() {
        int end = messages.size();
        while (end > 0 && !isSaidByModelOrTool(messages.get(end - 1))) {
            end--;
        }
        if (end == 0 || !(messages.get(end - 1) instanceof ToolResponseMessage)) {
            return messages.size();
        }
        int begin = end;
        while (begin > 0 && messages.get(begin - 1).getMessageType() != MessageType.USER) {
            begin--;
        }
        return begin;
    }

    private static boolean isSaidByModelOrTool(Message message) {
        return message.getMessageType() == MessageType.ASSISTANT || message.getMessageType() == MessageType.TOOL;
    }

    private int newestToolMessage() {
        int place = messages.size() - 1;
        while (place >= 0 && !(messages.get(place) instanceof ToolResponseMessage)) {
            place--;
        }
        return place;
    }

    /** Where a note would save less than half it is not worth the loss. So a note is never replaced by another. */
    private static boolean isWorthANote(ToolResponse response) {
        return response.responseData().length() >= 2 * note(response).length();
    }

    private static ToolResponse noted(ToolResponse response) {
        return new ToolResponse(response.id(), response.name(), note(response));
    }

    /** {@return what the model reads in the place of a result} A string in JSON, as results are: Gemini's client parses them. */
    static String note(ToolResponse response) {
        String tool = response.name().replaceAll("[\\p{Cntrl}\"\\\\]", "_");
        return String.format(
                Locale.ROOT,
                "\"[result of %s removed, %,d characters]\"",
                tool,
                response.responseData().length());
    }

    /** In the order in which results are given up. */
    enum Age {
        OLD_TURN,
        THIS_TURN,
        /** Answers the model's last call: it would only call again. */
        NOT_YET_SEEN
    }

    record Replaceable(ToolResponse response, Age age) {

        int length() {
            return response.responseData().length();
        }

        /** {@return how many characters shorter a note is} */
        int saved() {
            return length() - note(response).length();
        }
    }
}
