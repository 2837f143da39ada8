package io.github.agentcompaction.springai;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;

/** Writes conversations in short: {@code "u1 a1"} is a user message with the text u1 and an assistant's with a1. */
final class Conversation {

    private Conversation() {}

    /**
     * Reads messages.
     *
     * @param words u, a or s and anything for a user, assistant or system message with that text; c1 for an assistant's
     *     tool call with the id 1, r1 for the response to it; "summary:x" for the two messages of a summary x; what
     *     ends with an exclamation mark is pinned
     */
    static List<Message> of(String words) {
        List<Message> messages = new ArrayList<>();
        Arrays.stream(words.split(" ")).filter(word -> !word.isEmpty()).forEach(word -> {
            if (word.startsWith("summary:")) {
                messages.addAll(Summaries.messages(word.substring("summary:".length())));
            } else {
                messages.add(message(word));
            }
        });
        return messages;
    }

    private static Message message(String word) {
        boolean pinned = word.endsWith("!");
        Map<String, Object> metadata = pinned ? Map.of(ChatMemoryCompactor.PINNED, true) : Map.of();
        String id = word.substring(1, word.length() - (pinned ? 1 : 0));
        return switch (word.charAt(0)) {
            case 's' -> SystemMessage.builder().text(word).metadata(metadata).build();
            case 'u' -> UserMessage.builder().text(word).metadata(metadata).build();
            case 'a' ->
                AssistantMessage.builder().content(word).properties(metadata).build();
            case 'c' ->
                AssistantMessage.builder()
                        .content("")
                        .properties(metadata)
                        .toolCalls(List.of(
                                new AssistantMessage.ToolCall(id, "function", "look_up", "{\"id\":" + id + "}")))
                        .build();
            case 'r' ->
                ToolResponseMessage.builder()
                        .responses(List.of(new ToolResponseMessage.ToolResponse(id, "look_up", "response " + id)))
                        .metadata(metadata)
                        .build();
            default -> throw new IllegalArgumentException(word);
        };
    }

    /** {@return the messages in short, for comparing} */
    static String inShort(List<Message> messages) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < messages.size(); i++) {
            String word;
            if (Summaries.at(i, messages).isPresent()) {
                word = "summary:" + messages.get(++i).getText();
            } else if (messages.get(i) instanceof ToolResponseMessage tool) {
                word = "r" + tool.getResponses().get(0).id() + pin(tool);
            } else if (messages.get(i) instanceof AssistantMessage assistant && assistant.hasToolCalls()) {
                word = "c" + assistant.getToolCalls().get(0).id() + pin(assistant);
            } else {
                word = messages.get(i).getText();
            }
            words.append(words.isEmpty() ? "" : " ").append(word);
        }
        return words.toString();
    }

    private static String pin(Message message) {
        return message.getMetadata().containsKey(ChatMemoryCompactor.PINNED) ? "!" : "";
    }
}
