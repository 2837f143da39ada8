package io.github.agentcompaction.sample;

import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.ContextLimitErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;

/**
 * Shortens an agent's conversations: it lets the model summarize the older half, and puts the summary in its place.
 *
 * <p>Called by the {@code CompactionTemplate}, by one task at a time for each session. Other tasks of the session may add
 * messages meanwhile; {@link ConversationStore#replaceOldest} keeps them.
 */
final class ConversationCompactor implements Compactor {

    /** How the embedded model recognises that it is asked for a summary; a real one understands the words. */
    static final String INSTRUCTION = "Summarize the conversation. Keep names, numbers, decisions and open questions. "
            + "If it begins with a summary of what was before, carry that over.";

    /** What a summary in a conversation begins with. */
    static final String SUMMARY = "Summary of the conversation so far: ";

    private static final String REQUEST = "Summarize the conversation so far in at most 150 words.";

    /** A message that was cut shorter than this would not be worth summarizing. */
    private static final int SHORTEST_CUT = 200;

    private final String agent;
    private final ConversationStore store;
    private final ChatClient model;

    ConversationCompactor(String agent, ConversationStore store, ChatClient model) {
        this.agent = agent;
        this.store = store;
        this.model = model;
    }

    @Override
    public Optional<String> compact(String sessionId) {
        SessionKey key = new SessionKey(agent, sessionId);
        List<Message> context = store.context(key);
        List<Message> oldest = context.subList(0, cut(context));
        if (oldest.stream().noneMatch(ConversationCompactor::startsTurn)) {
            return Optional.empty(); // only a summary is left
        }
        String summary = summarize(oldest);
        store.replaceOldest(key, oldest, new SystemMessage(SUMMARY + summary));
        return Optional.of(summary);
    }

    /**
     * Finds the turn to keep first: the first one after the older half, and the newest at the latest. If there is but one
     * turn, it goes too: the question that is being answered now is not in the history yet.
     */
    static int cut(List<Message> context) {
        int half = context.stream().mapToInt(ConversationCompactor::length).sum() / 2;
        int cut = context.size();
        int before = 0;
        int turns = 0;
        for (int i = 0; i < context.size(); i++) {
            if (startsTurn(context.get(i)) && turns++ > 0) {
                cut = i;
                if (before >= half) {
                    break;
                }
            }
            before += length(context.get(i));
        }
        return cut;
    }

    /** Asks the model, with long messages cut if the older half alone is too much for it. */
    private String summarize(List<Message> oldest) {
        int longest =
                oldest.stream().mapToInt(ConversationCompactor::length).max().orElseThrow();
        for (int cut = longest; ; cut /= 2) {
            try {
                String summary =
                        model.prompt().messages(request(oldest, cut)).call().content();
                if (summary == null || summary.isBlank()) {
                    throw new IllegalStateException("The model's summary is empty.");
                }
                return summary;
            } catch (RuntimeException e) {
                if (cut < SHORTEST_CUT || !ContextLimitErrors.isContextLimit(e)) {
                    throw e;
                }
            }
        }
    }

    private static List<Message> request(List<Message> oldest, int cut) {
        List<Message> request = new ArrayList<>();
        request.add(new SystemMessage(INSTRUCTION));
        oldest.forEach(message -> request.add(shortened(message, cut)));
        request.add(new UserMessage(REQUEST));
        return request;
    }

    private static Message shortened(Message message, int cut) {
        String text = text(message);
        if (text.length() <= cut) {
            return message;
        }
        String kept = text.substring(0, cut) + " [...]";
        return switch (message.getMessageType()) {
            case USER -> new UserMessage(kept);
            case SYSTEM -> new SystemMessage(kept);
            default -> new AssistantMessage(kept);
        };
    }

    private static boolean startsTurn(Message message) {
        return message.getMessageType() == MessageType.USER;
    }

    private static int length(Message message) {
        return text(message).length();
    }

    private static String text(Message message) {
        String text = message.getText();
        return text == null ? "" : text;
    }
}
