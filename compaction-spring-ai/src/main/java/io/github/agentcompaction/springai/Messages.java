package io.github.agentcompaction.springai;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.prompt.Prompt;

/**
 * Measures messages, and compares them by type, text and the ids of their tool calls: a repository may return a stored message without its
 * metadata.
 */
final class Messages {

    private Messages() {}

    /** {@return how many characters of text a prompt has} */
    static long length(Prompt prompt) {
        long length = 0;
        for (Message message : prompt.getInstructions()) {
            length += length(message);
        }
        return length;
    }

    /** {@return how many characters of text a message has} */
    static long length(Message message) {
        long length = 0;
        for (String text : texts(message)) {
            length += text.length();
        }
        return length;
    }

    /** {@return the texts of a message that a model is given, with tool calls and results} */
    static List<String> texts(Message message) {
        List<String> texts = new ArrayList<>(1);
        addIfThere(texts, message.getText());
        if (message instanceof AssistantMessage assistant) {
            for (AssistantMessage.ToolCall call : assistant.getToolCalls()) {
                addIfThere(texts, call.name());
                addIfThere(texts, call.arguments());
            }
        } else if (message instanceof ToolResponseMessage tool) {
            for (ToolResponseMessage.ToolResponse response : tool.getResponses()) {
                addIfThere(texts, response.responseData());
            }
        }
        return texts;
    }

    private static void addIfThere(List<String> texts, @Nullable String text) {
        if (text != null && !text.isEmpty()) {
            texts.add(text);
        }
    }

    static boolean isSame(Message one, Message other) {
        return one.getMessageType() == other.getMessageType()
                && Objects.equals(one.getText(), other.getText())
                && haveSameToolCalls(one, other);
    }

    /** A repository that stores no tool calls returns a message without them. */
    private static boolean haveSameToolCalls(Message one, Message other) {
        List<String> calls = toolCalls(one);
        List<String> others = toolCalls(other);
        return calls.isEmpty() || others.isEmpty() || calls.equals(others);
    }

    /** {@return the ids of the tool calls that a message makes or answers} */
    private static List<String> toolCalls(Message message) {
        if (message instanceof AssistantMessage assistant) {
            return assistant.getToolCalls().stream()
                    .map(AssistantMessage.ToolCall::id)
                    .toList();
        }
        return message instanceof ToolResponseMessage tool
                ? tool.getResponses().stream()
                        .map(ToolResponseMessage.ToolResponse::id)
                        .toList()
                : List.of();
    }

    /** {@return the newest message that makes one of the tool calls which the given one answers, or null} */
    static @Nullable Message callOf(ToolResponseMessage answer, List<Message> messages) {
        List<String> answered = toolCalls(answer);
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.get(i) instanceof AssistantMessage call
                    && toolCalls(call).stream().anyMatch(answered::contains)) {
                return call;
            }
        }
        return null;
    }

    /** {@return where the response to a tool call stands; the place of the call itself if there is none} */
    static int indexOfResponse(String id, int call, List<Message> messages) {
        for (int i = call + 1; i < messages.size(); i++) {
            if (messages.get(i) instanceof ToolResponseMessage tool
                    && tool.getResponses().stream()
                            .anyMatch(response -> response.id().equals(id))) {
                return i;
            }
        }
        return call;
    }

    static boolean startsWith(List<Message> messages, List<Message> head) {
        if (head.size() > messages.size()) {
            return false;
        }
        for (int i = 0; i < head.size(); i++) {
            if (!isSame(messages.get(i), head.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** {@return where the first message like the wanted one stands, or -1} */
    static int indexOf(List<Message> messages, @Nullable Message wanted) {
        for (int i = 0; wanted != null && i < messages.size(); i++) {
            if (isSame(messages.get(i), wanted)) {
                return i;
            }
        }
        return -1;
    }

    /** {@return where the last message like the wanted one stands, or -1} */
    static int lastIndexOf(List<Message> messages, @Nullable Message wanted) {
        for (int i = messages.size() - 1; wanted != null && i >= 0; i--) {
            if (isSame(messages.get(i), wanted)) {
                return i;
            }
        }
        return -1;
    }
}
