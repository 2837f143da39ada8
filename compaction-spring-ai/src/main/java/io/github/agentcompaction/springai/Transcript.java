package io.github.agentcompaction.springai;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.content.MediaContent;

/**
 * Writes messages as one text for the model that summarizes them. Given as messages, a model would answer the last of them,
 * and refuse tool calls that it does not know.
 */
final class Transcript {

    private static final String CUT = " [...]";

    private Transcript() {}

    /**
     * Writes what is to be summarized.
     *
     * @param earlier the summary of what was before
     * @param longest each message is cut to this many characters
     */
    static String of(Optional<String> earlier, List<Message> messages, int longest) {
        String conversation =
                messages.stream().map(message -> cut(line(message), longest)).collect(Collectors.joining("\n\n"));
        return earlier.map(summary -> "<earlier-summary>\n" + summary + "\n</earlier-summary>\n\n")
                        .orElse("")
                + "<conversation>\n" + conversation + "\n</conversation>";
    }

    /** {@return one message: its text, tool calls, tool responses and attachments} */
    static String line(Message message) {
        List<String> parts = new ArrayList<>();
        if (message.getText() != null && !message.getText().isEmpty()) {
            parts.add(who(message) + ": " + message.getText());
        }
        if (message instanceof AssistantMessage assistant) {
            assistant.getToolCalls().forEach(call -> parts.add("Assistant calls " + call.name() + call.arguments()));
        }
        if (message instanceof ToolResponseMessage tool) {
            tool.getResponses()
                    .forEach(response -> parts.add("Tool " + response.name() + ": " + response.responseData()));
        }
        if (message instanceof MediaContent content) {
            content.getMedia().forEach(media -> parts.add(who(message) + " attaches " + media.getMimeType()));
        }
        return String.join("\n", parts);
    }

    private static String who(Message message) {
        return message.getMessageType() == MessageType.USER ? "User" : "Assistant";
    }

    static String cut(String text, int longest) {
        if (text.length() <= longest) {
            return text;
        }
        boolean inCharacter = Character.isHighSurrogate(text.charAt(longest - 1));
        return text.substring(0, inCharacter ? longest - 1 : longest) + CUT;
    }
}
