package io.github.agentcompaction.springai;

import io.github.agentcompaction.SessionLock;
import io.github.agentcompaction.springai.ToolResults.Age;
import io.github.agentcompaction.springai.ToolResults.Replaceable;
import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.prompt.Prompt;

/**
 * Knows which tool results one call's prompts go without: a note stands in their place, in the prompt only. Calls and results
 * stay paired.
 *
 * <p>Old turns come first, then the largest results of the running one. Prompts of later tool rounds, which Spring AI begins
 * with the original results again, go without the same.
 *
 * <p>Thread-safe. Each call of a {@code ChatClient} has one.
 */
final class ClearedToolResults {

    /*
     * A prompt that is over a limit is cleared to three quarters of it. So the next rounds fit, too, and the part of the
     * prompt that the provider has cached changes once and not in each round. And refused calls are few, however many results
     * there are: each makes the prompt a quarter shorter, and what was refused when the history could not help any more is the
     * limit for the rest of the call.
     */
    private static final double LEFT = 0.75;

    private static final System.Logger log = System.getLogger(CompactionAdvisor.class.getName());

    private static final Comparator<Replaceable> FIRST_TO_GO =
            Comparator.comparing(Replaceable::age).thenComparing(Replaceable::length, Comparator.reverseOrder());

    private final Settings settings;
    private final SessionLock session;
    private final @Nullable Limit window;
    private volatile @Nullable Limit refused;

    /** How many results like this one: some providers give their calls no ids. */
    private final Map<ToolResponse, Integer> cleared = new ConcurrentHashMap<>();

    ClearedToolResults(Settings settings, SessionLock session, @Nullable PromptBudget budget) {
        this.settings = settings;
        this.session = session;
        this.window = budget == null ? null : new Limit(budget.tokens(), budget.estimator()::estimate);
    }

    /** {@return the request without what was cleared before, and without more if it is over a limit that is known} */
    ChatClientRequest fitted(ChatClientRequest request, Reach reach) {
        ChatClientRequest current = current(request);
        if (clearedForTheWindow(current.prompt(), reach)) {
            current = current(request);
        }
        return clear(current.prompt(), reach, refused) ? current(request) : current;
    }

    /** An estimator is foreign code: the model is called whatever becomes of it. */
    private boolean clearedForTheWindow(Prompt prompt, Reach reach) {
        try {
            return clear(prompt, reach, window);
        } catch (RuntimeException e) {
            log.log(
                    Level.WARNING,
                    "Tool results were not left out ahead of the model's limit for " + session
                            + ", because the estimator of tokens threw "
                            + e.getClass().getName() // whose message may quote a text
                            + "; the model is called all the same.");
            return false;
        }
    }

    /** Whether the application allows any; asked first, because to look at an error may be foreign code. */
    boolean mayClear(Reach reach) {
        return settings.ofOldTurns || (settings.ofRunningTurn && reach == Reach.ALL_TURNS);
    }

    /**
     * Clears more because the model has refused a prompt.
     *
     * @return whether there was anything to clear; if not, another call is in vain
     */
    boolean clearMore(Prompt refusedPrompt, Reach reach) {
        ToIntFunction<@Nullable String> characters = ClearedToolResults::length;
        Limit limit = new Limit(PromptBudget.length(refusedPrompt, characters) - 1, characters);
        if (reach == Reach.ALL_TURNS) { // else the history comes first, also in the rounds to come
            Limit before = refused;
            refused = before == null || limit.most < before.most ? limit : before;
        }
        return clear(refusedPrompt, reach, limit);
    }

    private ChatClientRequest current(ChatClientRequest request) {
        if (cleared.isEmpty()) {
            return request;
        }
        Map<ToolResponse, Integer> left = new HashMap<>(cleared);
        Prompt prompt = request.prompt();
        List<Message> messages =
                new ToolResults(prompt).withNotes(response -> left.merge(response, -1, Integer::sum) >= 0);
        return new ChatClientRequest(new Prompt(messages, prompt.getOptions()), request.context());
    }

    private boolean clear(Prompt prompt, Reach reach, @Nullable Limit limit) {
        if (limit == null) {
            return false;
        }
        List<Replaceable> candidates = candidates(prompt, reach);
        if (candidates.isEmpty()) { // so that no tokens are counted in vain
            return false;
        }
        double excess = limit.excess(prompt);
        int count = 0;
        long characters = 0;
        while (excess > 0 && count < candidates.size()) {
            Replaceable next = candidates.get(count);
            ToolResponse response = next.response();
            cleared.merge(response, 1, Integer::sum);
            excess -= limit.saved(response);
            characters += next.length();
            count++;
        }
        if (count > 0) {
            log.log(
                    Level.INFO,
                    "Left " + count + " old tool results with " + characters
                            + " characters out of a prompt that was too long, for " + session + ".");
        }
        return count > 0;
    }

    private List<Replaceable> candidates(Prompt prompt, Reach reach) {
        return new ToolResults(prompt)
                .replaceable().stream()
                        .filter(result -> result.age() == Age.OLD_TURN
                                ? settings.ofOldTurns
                                : settings.ofRunningTurn && reach == Reach.ALL_TURNS)
                        .sorted(FIRST_TO_GO)
                        .toList();
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }

    /** Which results may go. */
    enum Reach {
        /** Those of old turns: before a summary is paid for. */
        OLD_TURNS,
        /** Those of the running turn, too: after the history, if there is any, has been summarized. */
        ALL_TURNS
    }

    /** What the application allows. */
    record Settings(boolean ofRunningTurn, boolean ofOldTurns) {}

    /** How long a prompt may be, in tokens or characters. */
    private record Limit(double most, ToIntFunction<@Nullable String> length) {

        double excess(Prompt prompt) {
            long length = PromptBudget.length(prompt, this.length);
            return length > most ? length - LEFT * most : 0;
        }

        int saved(ToolResponse response) {
            return length.applyAsInt(response.responseData()) - length.applyAsInt(ToolResults.note(response));
        }
    }
}
