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
     * Old turns have to go where the session would be compacted otherwise; results of the running turn, where a prompt is over
     * the window, or over what was refused when the history could not help any more. It is cleared to three quarters of that
     * limit. So the next rounds fit, too, and the part of the prompt that the provider has cached changes once and not in each
     * round. And refused calls are few, however many results there are: each makes the prompt a quarter shorter.
     */
    private static final double LEFT = 0.75;

    private static final System.Logger log = System.getLogger(CompactionAdvisor.class.getName());

    private static final Comparator<Replaceable> FIRST_TO_GO =
            Comparator.comparing(Replaceable::age).thenComparing(Replaceable::length, Comparator.reverseOrder());

    private final Settings settings;
    private final SessionLock session;
    private final @Nullable AnswerWatch watch;

    /** How many characters a prompt had that was refused; not known if it is negative. */
    private volatile long refused = -1;

    /** How many results like this one: some providers give their calls no ids. */
    private final Map<ToolResponse, Integer> cleared = new ConcurrentHashMap<>();

    /** @param watch measures prompts, where the window is known */
    ClearedToolResults(Settings settings, SessionLock session, @Nullable AnswerWatch watch) {
        this.settings = settings;
        this.session = session;
        this.watch = watch;
    }

    /** {@return the request without what was cleared before, and without more if it is over a limit that is known} */
    ChatClientRequest fitted(ChatClientRequest request, Reach reach) {
        ChatClientRequest current = clearedForTheWindow(request, current(request), reach);
        long limit = refused;
        Prompt prompt = current.prompt();
        boolean more = limit >= 0 && clear(prompt, reach, excess(Messages.length(prompt), limit));
        return more ? current(request) : current;
    }

    /** An estimator is foreign code: the model is called whatever becomes of it. */
    private ChatClientRequest clearedForTheWindow(ChatClientRequest request, ChatClientRequest current, Reach reach) {
        if (watch == null) {
            return current;
        }
        ContextWindow window = watch.window();
        ChatClientRequest fitted = current;
        try {
            if (clearAbove(watch, window.longSession(), fitted.prompt(), Reach.OLD_TURNS)) {
                fitted = current(request);
            }
            if (reach == Reach.ALL_TURNS && clearAbove(watch, window.tokens(), fitted.prompt(), reach)) {
                fitted = current(request);
            }
        } catch (RuntimeException e) {
            log.log(
                    Level.WARNING,
                    "Tool results were not left out ahead of the model's limit for " + session
                            + ", because the estimator of tokens threw "
                            + e.getClass().getName() // whose message may quote a text
                            + "; the model is called all the same.");
        }
        return fitted;
    }

    private boolean clearAbove(AnswerWatch watch, double limit, Prompt prompt, Reach reach) {
        if (candidates(prompt, reach).isEmpty()) { // so that no tokens are counted in vain
            return false;
        }
        double tokens = watch.tokensAbove(limit, prompt);
        long characters = Messages.length(prompt);
        return tokens > 0 && clear(prompt, reach, excess(characters, characters * limit / tokens));
    }

    /** {@return how many characters are too many} */
    private static double excess(long characters, double limit) {
        return characters > limit ? characters - LEFT * limit : 0;
    }

    /** Whether the application allows to clear any, and there are any; asked first, because to look at an error may be foreign code. */
    boolean mayClear(Prompt prompt, Reach reach) {
        return !candidates(prompt, reach).isEmpty();
    }

    /**
     * Clears more because the model has refused a prompt.
     *
     * @return whether there was anything to clear; if not, another call is in vain
     */
    boolean clearMore(Prompt refusedPrompt, Reach reach) {
        long characters = Messages.length(refusedPrompt);
        long limit = characters - 1;
        if (reach == Reach.ALL_TURNS) { // else the history comes first, also in the rounds to come
            refused = refused < 0 ? limit : Math.min(refused, limit);
        }
        return clear(refusedPrompt, reach, excess(characters, limit));
    }

    /**
     * {@return the share of a prompt's characters that its tool results have which the session's next call may go without}
     *
     * @param areStored whether the results of the running turn are part of the session, too
     */
    static double shareToGo(Settings settings, Prompt prompt, boolean areStored) {
        long characters = !settings.ofOldTurns
                ? 0
                : new ToolResults(prompt)
                        .replaceable().stream()
                                .filter(result -> areStored || result.age() == Age.OLD_TURN)
                                .mapToLong(Replaceable::saved)
                                .sum();
        return characters == 0 ? 0 : (double) characters / Messages.length(prompt);
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

    private boolean clear(Prompt prompt, Reach reach, double tooMany) {
        double excess = tooMany;
        int count = 0;
        long characters = 0;
        for (Replaceable next : candidates(prompt, reach)) {
            if (excess <= 0) {
                break;
            }
            cleared.merge(next.response(), 1, Integer::sum);
            excess -= next.saved();
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
        if (!settings.ofRunningTurn && !settings.ofOldTurns) {
            return List.of();
        }
        return new ToolResults(prompt)
                .replaceable().stream()
                        .filter(result -> result.age() == Age.OLD_TURN
                                ? settings.ofOldTurns
                                : settings.ofRunningTurn && reach == Reach.ALL_TURNS)
                        .sorted(FIRST_TO_GO)
                        .toList();
    }

    /** Which results may go. */
    enum Reach {
        /** Those of old turns: before a summary is paid for. */
        OLD_TURNS,
        /** Those of the running turn, too: when the history has been summarized, or is too short to help. */
        ALL_TURNS
    }

    /** What the application allows. */
    record Settings(boolean ofRunningTurn, boolean ofOldTurns) {}
}
