package io.github.agentcompaction.springai;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.Message;

/** Compares messages by type and text: a repository may return a stored message without its metadata. */
final class Messages {

    private Messages() {}

    static boolean isSame(Message one, Message other) {
        return one.getMessageType() == other.getMessageType() && Objects.equals(one.getText(), other.getText());
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
