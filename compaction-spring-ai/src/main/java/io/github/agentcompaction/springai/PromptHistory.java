package io.github.agentcompaction.springai;

import io.github.agentcompaction.SessionLock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.prompt.Prompt;

/**
 * Which messages of one call's prompts are the session's history, how old that is, and what stands in its place after a
 * compaction.
 *
 * <p>A prompt is: system messages, history, and the call's own messages, which are what the caller said and, inside the
 * tool loop, the tool calls and results so far. Only the history is ever replaced.
 *
 * <p>Thread-safe. Each call of a {@code ChatClient} has one.
 */
final class PromptHistory {

    private final SessionLock lock; // held on to, because its successor would have another epoch
    private final ChatMemory memory;
    private final String sessionId;

    private volatile Before before = new Before(0, 0, null);
    private volatile @Nullable History history;

    PromptHistory(SessionLock lock, ChatMemory memory, String sessionId) {
        this.lock = lock;
        this.memory = memory;
        this.sessionId = sessionId;
    }

    /** Before a memory advisor reads the memory and stores the newest message of the call. */
    void beforeMemory(Prompt prompt) {
        before = new Before(lock.epoch(), conversation(prompt).size(), prompt.getLastUserOrToolResponseMessage());
    }

    /** After that. An advisor that adds no messages, such as one that writes into the system message, is not meant. */
    void afterMemory(Prompt prompt) {
        Before before = this.before;
        List<Message> conversation = conversation(prompt);
        int added = Math.max(conversation.size() - before.size, 0);
        if (added > 0 || history == null) {
            Message newest = added > 0 ? conversation.get(added - 1) : null;
            history = new History(before.epoch, added, newest, before.stored, null);
        }
    }

    /** Whether a memory advisor has run: without one nothing in the prompt is known to be history. */
    boolean isKnown() {
        return history != null;
    }

    /** Whether there is anything in the prompt that a compaction can shorten. */
    boolean isEmpty() {
        return known().size == 0;
    }

    /** The session's epoch from before the history, as it is in the prompt now, was read. */
    long epoch() {
        return known().epoch;
    }

    /** The request with the history as it is since the last compaction. Reads the memory if there was another one. */
    ChatClientRequest current(ChatClientRequest request) {
        History current = known();
        if (current.size == 0) {
            return request;
        }
        long epoch = lock.epoch(); // before the memory is read
        if (epoch != current.epoch) {
            current = new History(epoch, current.size, current.newest, current.stored, reload(current));
            history = current;
        }
        if (current.reloaded == null) {
            return request;
        }
        Prompt prompt = request.prompt();
        List<Message> messages = replaced(prompt, historySize(prompt, current), current.reloaded);
        return new ChatClientRequest(new Prompt(messages, prompt.getOptions()), request.context());
    }

    /**
     * What the memory holds from before this call: its newest message is there too, and what came after that. It stands
     * behind the history that was read; further ahead an earlier message may say the same, and a memory advisor that only
     * reads has stored none. Where the memory holds nothing at all, the history came from somewhere else, and is left alone.
     */
    private @Nullable List<Message> reload(History read) {
        List<Message> messages = memory.get(sessionId).stream()
                .filter(Predicate.not(SystemMessage.class::isInstance))
                .toList();
        if (messages.isEmpty()) {
            return read.reloaded;
        }
        int end = lastIndexOf(messages, read.stored);
        return end < 0 || end < indexOf(messages, read.newest) ? messages : messages.subList(0, end);
    }

    /** Less than what the memory advisor added if another advisor took some away again: the call's own stay. */
    private static int historySize(Prompt prompt, History history) {
        int own = lastIndexOf(conversation(prompt), history.stored);
        return own < 0 ? history.size : Math.min(history.size, own);
    }

    private static List<Message> replaced(Prompt prompt, int size, List<Message> history) {
        List<Message> messages = new ArrayList<>();
        int seen = 0;
        for (Message message : prompt.getInstructions()) {
            if (message instanceof SystemMessage) {
                messages.add(message);
                continue;
            }
            if (seen == 0) {
                messages.addAll(history);
            }
            if (seen >= size) {
                messages.add(message);
            }
            seen++;
        }
        return messages;
    }

    private static List<Message> conversation(Prompt prompt) {
        return prompt.getInstructions().stream()
                .filter(Predicate.not(SystemMessage.class::isInstance))
                .toList();
    }

    private static int indexOf(List<Message> messages, @Nullable Message wanted) {
        for (int i = 0; wanted != null && i < messages.size(); i++) {
            if (isSame(messages.get(i), wanted)) {
                return i;
            }
        }
        return -1;
    }

    private static int lastIndexOf(List<Message> messages, @Nullable Message wanted) {
        for (int i = messages.size() - 1; wanted != null && i >= 0; i--) {
            if (isSame(messages.get(i), wanted)) {
                return i;
            }
        }
        return -1;
    }

    /** By type and text: a database gives back another object, without its metadata. */
    private static boolean isSame(Message one, Message other) {
        return one.getMessageType() == other.getMessageType() && Objects.equals(one.getText(), other.getText());
    }

    private History known() {
        return Objects.requireNonNull(history, "no memory advisor has run");
    }

    /** @param size how many messages there were, system messages apart */
    private record Before(long epoch, int size, @Nullable Message stored) {}

    /**
     * @param size how many messages at the head of the prompt are history, system messages apart
     * @param newest the last of them
     * @param stored the message of this call that the memory advisor has stored
     * @param reloaded what stands in their place since a compaction
     */
    private record History(
            long epoch,
            int size,
            @Nullable Message newest,
            @Nullable Message stored,
            @Nullable List<Message> reloaded) {}
}
