package io.github.agentcompaction.springai;

import io.github.agentcompaction.SessionLock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.Prompt;

/**
 * Knows which messages of one call's prompts are the session's history, how old that history is, and what replaces it
 * after a compaction.
 *
 * <p>A prompt is: system messages, history, and the call's own messages, which are what the caller said and, inside the
 * tool loop, the tool calls and results so far. Only the history is ever replaced.
 *
 * <p>Where a memory advisor stands inside the tool loop, all but a round's newest result comes from the memory, and is
 * history. A compaction may take the call's question and the tool call that the result answers; they are put back.
 *
 * <p>Thread-safe. Each call of a {@code ChatClient} has one.
 */
final class PromptHistory {

    private static final double SMALL = 0.1;

    private final SessionLock lock; // kept, because another lock of the session would have another epoch
    private final HistorySource source;
    private final String sessionId;

    private volatile @Nullable Before first; // of this call
    private volatile Before before = new Before(0, 0, 0, null);
    private volatile @Nullable MemoryRead latest;

    PromptHistory(SessionLock lock, HistorySource source, String sessionId) {
        this.lock = lock;
        this.source = source;
        this.sessionId = sessionId;
    }

    /** Called before a memory advisor reads the memory and stores the call's newest message. */
    void beforeMemory(Prompt prompt) {
        Before before = new Before(
                lock.epoch(),
                System.nanoTime(),
                conversation(prompt).size(),
                prompt.getLastUserOrToolResponseMessage());
        this.before = before;
        if (first == null) {
            first = before;
        }
    }

    /** Called after that. An advisor that adds no message, such as one that writes into the system message, adds no history. */
    void afterMemory(Prompt prompt) {
        Before before = this.before;
        List<Message> conversation = conversation(prompt);
        int added = Math.max(conversation.size() - before.size, 0);
        if (added > 0 || latest == null) {
            MemoryRead read = new MemoryRead(
                    before.epoch, before.at, List.copyOf(conversation.subList(0, added)), before.stored, null);
            List<Message> complete = complete(read.read, read);
            latest = isCompactedSinceTheFirst(before) && complete.size() > added
                    ? read.with(before.epoch, before.at, complete)
                    : read;
        }
    }

    private boolean isCompactedSinceTheFirst(Before before) {
        Before first = this.first;
        return first != null && first.epoch != before.epoch;
    }

    /** Whether a memory advisor has run: without one nothing in the prompt is known to be history. */
    boolean isKnown() {
        return latest != null;
    }

    /** Whether there is anything in the prompt that a compaction can shorten. */
    boolean isEmpty() {
        return known().read.isEmpty();
    }

    /** Whether the history is so small a part of a prompt that to summarize it would hardly make the prompt shorter. */
    boolean isSmallPartOf(Prompt prompt) {
        MemoryRead current = known();
        List<Message> messages = current.reloaded != null ? current.reloaded : current.read;
        return messages.stream().mapToLong(Messages::length).sum() < SMALL * Messages.length(prompt);
    }

    /** The session's epoch from before the history, as it is in the prompt now, was read. */
    long epoch() {
        return known().epoch;
    }

    /** How long ago the history, as it is in the prompt now, was read. */
    Duration sinceRead() {
        return Duration.ofNanos(System.nanoTime() - known().at);
    }

    /**
     * How many characters of a prompt end with this call: the tool calls and results since the question, unless a memory advisor
     * inside the tool loop stores them.
     */
    long passing(Prompt prompt) {
        long length = 0;
        if (!(known().stored instanceof ToolResponseMessage)) {
            List<Message> messages = prompt.getInstructions();
            for (int i = messages.size() - 1; i >= 0 && !(messages.get(i) instanceof UserMessage); i--) {
                if (!(messages.get(i) instanceof SystemMessage)) {
                    length += Messages.length(messages.get(i));
                }
            }
        }
        return length;
    }

    /** The request with the history as the last compaction left it. Reads the memory if there was one since. */
    ChatClientRequest current(ChatClientRequest request) {
        MemoryRead current = known();
        if (current.read.isEmpty()) {
            return request;
        }
        long epoch = lock.epoch(); // before the memory is read
        long at = System.nanoTime();
        if (epoch != current.epoch) {
            current = current.with(epoch, at, reload(current, request.context()));
            latest = current;
        }
        if (current.reloaded == null) {
            return request;
        }
        Prompt prompt = request.prompt();
        List<Message> messages = replaced(prompt, places(conversation(prompt), current), current.reloaded);
        return new ChatClientRequest(new Prompt(messages, prompt.getOptions()), request.context());
    }

    /**
     * What the memory holds from before this call. The message that this call has stored ends it, but only where it stands
     * behind the history that was read: further ahead an earlier message may say the same, and a memory advisor that only
     * reads has stored none. Where the memory holds nothing at all, the history came from elsewhere and stays.
     */
    private @Nullable List<Message> reload(MemoryRead read, Map<String, @Nullable Object> context) {
        List<Message> messages = source.read(sessionId, context).stream()
                .filter(Predicate.not(SystemMessage.class::isInstance))
                .toList();
        if (messages.isEmpty()) {
            return read.reloaded;
        }
        int end = Messages.lastIndexOf(messages, read.stored);
        boolean isStored = end >= 0 && end >= Messages.indexOf(messages, read.newest());
        return complete(isStored ? messages.subList(0, end) : messages, read);
    }

    /**
     * Adds what must stand in front of a tool's result: models refuse one without its call, and know only from the question
     * what to do with it.
     */
    private List<Message> complete(List<Message> history, MemoryRead read) {
        if (!(read.stored instanceof ToolResponseMessage result)) {
            return history;
        }
        List<Message> complete = new ArrayList<>(history);
        Message call = Messages.callOf(result, read.read);
        int place = call == null ? complete.size() : Messages.lastIndexOf(complete, call);
        if (call != null && place < 0) {
            place = complete.size();
            complete.add(call);
        }
        Before first = this.first;
        Message question = first == null ? null : first.stored;
        if (question instanceof UserMessage && Messages.indexOf(complete, question) < 0) {
            complete.add(place, question);
        }
        return complete;
    }

    /**
     * Where in the conversation the history stands. Other advisors may have removed some of it, rewritten the question or
     * added messages, so this looks for the message objects themselves: a text may be there twice.
     */
    private static BitSet places(List<Message> conversation, MemoryRead history) {
        BitSet places = new BitSet();
        int next = 0; // in the order in which they were read, because a caller may use a message object again
        for (int i = 0; i < conversation.size(); i++) {
            for (int k = next; k < history.read.size(); k++) {
                if (conversation.get(i) == history.read.get(k)) {
                    places.set(i);
                    next = k + 1;
                    break;
                }
            }
        }
        if (places.isEmpty()) {
            places.set(0, copiedSize(conversation, history));
        }
        return places;
    }

    /**
     * How many messages at the head are history when they are copies, as in the tool loop. The question ends it, but only
     * where it stands behind the newest message of the history: further ahead the same was asked before.
     */
    private static int copiedSize(List<Message> conversation, MemoryRead history) {
        int own = Messages.lastIndexOf(conversation, history.stored);
        return own > Messages.lastIndexOf(conversation, history.newest())
                ? Math.min(history.read.size(), own)
                : history.read.size();
    }

    private static List<Message> replaced(Prompt prompt, BitSet places, List<Message> history) {
        List<Message> messages = new ArrayList<>();
        int head = Math.max(places.nextSetBit(0), 0);
        int seen = 0;
        for (Message message : prompt.getInstructions()) {
            if (message instanceof SystemMessage) {
                messages.add(message);
                continue;
            }
            if (seen == head) {
                messages.addAll(history);
            }
            if (!places.get(seen)) {
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

    private MemoryRead known() {
        return Objects.requireNonNull(latest, "no memory advisor has run");
    }

    /**
     * What was known before a memory advisor ran.
     *
     * @param at when that was, by {@link System#nanoTime()}
     * @param size how many messages there were, without system messages
     * @param stored the call's newest message, which the memory advisor stores
     */
    private record Before(
            long epoch, long at, int size, @Nullable Message stored) {}

    /**
     * What a memory advisor has read and stored.
     *
     * @param epoch the session's epoch from before the read
     * @param at when that was, by {@link System#nanoTime()}
     * @param read the messages that are history, as the memory advisor has put them into the prompt
     * @param stored the message of this call that the memory advisor has stored
     * @param reloaded what replaces them since a compaction
     */
    private record MemoryRead(
            long epoch,
            long at,
            List<Message> read,
            @Nullable Message stored,
            @Nullable List<Message> reloaded) {

        MemoryRead with(long epoch, long at, @Nullable List<Message> reloaded) {
            return new MemoryRead(epoch, at, read, stored, reloaded);
        }

        @Nullable
        Message newest() {
            return read.isEmpty() ? null : read.get(read.size() - 1);
        }
    }
}
