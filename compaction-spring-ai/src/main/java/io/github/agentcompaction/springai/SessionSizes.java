package io.github.agentcompaction.springai;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.github.agentcompaction.CompactionTemplate;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.prompt.Prompt;

/**
 * How many tokens an agent's sessions have: what the provider reported last, and for what has come since an estimate, which
 * earlier reports correct.
 *
 * <p>Only what is new is estimated: to estimate a long prompt takes longer than an answer may be held up.
 */
final class SessionSizes {

    /** An answer waits for the estimate of so many characters at most; more are estimated in proportion. */
    private static final int LONGEST_ESTIMATED = 20_000;

    /** Fewer estimated tokens say little about how wrong the estimate is. */
    private static final int FEWEST_COMPARED = 50;

    /** Whatever a report says: a picture has tokens and no text. */
    private static final double LOWEST_CORRECTION = 0.5;

    private static final double HIGHEST_CORRECTION = 4;

    private final ContextWindow window;
    private final Cache<String, SessionSize> sizes;

    /**
     * @param window estimates tokens
     * @param maxSize how many sessions are remembered
     * @param ttl for how long an idle one is
     */
    SessionSizes(ContextWindow window, long maxSize, Duration ttl, LongSupplier nanoTime) {
        this.window = window;
        Ticker ticker = nanoTime::getAsLong;
        this.sizes = Caffeine.newBuilder()
                .executor(Runnable::run)
                .ticker(ticker)
                .maximumSize(maxSize)
                .expireAfterAccess(ttl)
                .build();
    }

    static SessionSizes of(CompactionTemplate template, ContextWindow window) {
        return new SessionSizes(
                window, template.state().maxSize(), template.state().ttl(), System::nanoTime);
    }

    ContextWindow window() {
        return window;
    }

    SessionSize of(String sessionId) {
        return sizes.get(sessionId, id -> new SessionSize());
    }

    /** Whether a prompt has so few characters that it cannot have more tokens, so that no estimate is needed. */
    static boolean isSurelyWithin(double tokens, Measured known, Prompt prompt) {
        long added = Messages.length(prompt) - known.characters;
        return added > 0 ? known.tokens + added * Answer.MOST_TOKENS_OF_A_CHARACTER <= tokens : known.tokens <= tokens;
    }

    /**
     * Estimates a prompt of a session.
     *
     * @param known a prompt of the same call, or the session, as it was measured last
     */
    Measured estimate(String sessionId, Measured known, Prompt prompt) {
        SessionSize size = of(sessionId);
        long characters = Messages.length(prompt);
        Measured estimated = new Measured(
                characters, promptTokens(prompt, characters, known, Integer.MAX_VALUE), size.measured().correction);
        if (size.measured() == Measured.NOTHING) {
            size.measured(estimated); // or the answer would estimate it again
        }
        return estimated;
    }

    /** {@return the prompt of an answer whose provider reports its tokens} */
    Measured reported(String sessionId, Answer answer) {
        return new Measured(
                answer.characters(), answer.promptTokens(), of(sessionId).measured().correction);
    }

    /** Learns from the reports for two prompts of one call, of which the second has what the first has, and more. */
    void compare(String sessionId, Measured before, Answer answer) {
        long added = answer.characters() - before.characters;
        if (added <= 0) {
            return;
        }
        double estimated = estimateNewest(answer.prompt(), added, LONGEST_ESTIMATED);
        if (estimated >= FEWEST_COMPARED) {
            SessionSize size = of(sessionId);
            Measured known = size.measured();
            double ratio = bounded((answer.promptTokens() - before.tokens) / estimated);
            size.measured(new Measured(known.characters, known.tokens, known.correction.with(ratio)));
        }
    }

    /** Notes that the model has refused a prompt as too long: it has more tokens than the window, whatever was estimated. */
    void refused(String sessionId, Measured known, Prompt prompt) {
        Measured estimated = estimate(sessionId, known, prompt);
        if (estimated.tokens < window.tokens()) {
            Correction correction = estimated.correction;
            double ratio = correction.ratio * window.tokens() / Math.max(estimated.tokens, 1);
            of(sessionId)
                    .measured(new Measured(estimated.characters, window.tokens(), correction.with(bounded(ratio))));
        }
    }

    /**
     * Measures a session after an answer.
     *
     * @param asked the answer to the call whose prompt counts; it may have been the first of the turn
     * @param last the answer that ends the turn
     * @return its tokens
     */
    double measure(String sessionId, Answer asked, Answer last) {
        SessionSize size = of(sessionId);
        Measured known = size.measured();
        double prompt = asked.promptTokens() > 0
                ? asked.promptTokens()
                : promptTokens(asked.prompt(), asked.characters(), known, LONGEST_ESTIMATED);
        Correction correction = corrected(asked, known.correction);
        long characters = asked.characters() - asked.passing();
        double stays = asked.passing() == 0 ? prompt : prompt * characters / asked.characters();
        double answer =
                last.completionTokens() > 0 ? last.completionTokens() : correction.ratio * estimate(last.text());
        size.measured(new Measured(characters + last.text().length(), stays + answer, correction));
        return stays + answer;
    }

    /** What is known, and an estimate of what the prompt has more; or the share of it that a compaction has left. */
    private double promptTokens(Prompt prompt, long characters, Measured known, int longest) {
        long added = characters - known.characters;
        return added > 0
                ? known.tokens + known.correction.ratio * estimateNewest(prompt, added, longest)
                : known.tokens * characters / Math.max(known.characters, 1);
    }

    /** Compares what was added from one prompt to the next: the definitions of tools, which no message shows, are in both. */
    private Correction corrected(Answer asked, Correction correction) {
        if (asked.promptTokens() == 0 || asked.passing() > 0) {
            return correction;
        }
        long added = asked.characters() - correction.characters;
        if (correction.tokens == 0 || added <= 0) {
            return new Correction(asked.characters(), asked.promptTokens(), correction.ratio);
        }
        double estimated = estimateNewest(asked.prompt(), added, LONGEST_ESTIMATED);
        if (estimated < FEWEST_COMPARED) {
            return correction;
        }
        double ratio = (asked.promptTokens() - correction.tokens) / estimated;
        return new Correction(asked.characters(), asked.promptTokens(), bounded(ratio));
    }

    private static double bounded(double ratio) {
        return Math.min(Math.max(ratio, LOWEST_CORRECTION), HIGHEST_CORRECTION);
    }

    /** The estimate of so many characters at the end of a prompt, in proportion if they are more than the longest. */
    private double estimateNewest(Prompt prompt, long characters, int longest) {
        List<Message> messages = prompt.getInstructions();
        long wanted = Math.min(characters, longest);
        long seen = 0;
        long estimate = 0;
        for (int i = messages.size() - 1; i >= 0 && seen < wanted; i--) {
            for (String text : Messages.texts(messages.get(i))) {
                String part = text.substring(0, (int) Math.min(text.length(), wanted - seen));
                estimate += window.estimator().estimate(part);
                seen += part.length();
            }
        }
        return seen == 0 ? 0 : (double) estimate * characters / seen;
    }

    private double estimate(String text) {
        if (text.length() <= LONGEST_ESTIMATED) {
            return window.estimator().estimate(text);
        }
        long estimate = window.estimator().estimate(text.substring(0, LONGEST_ESTIMATED));
        return (double) estimate * text.length() / LONGEST_ESTIMATED;
    }

    /**
     * A session, or a prompt of it, as it was measured last.
     *
     * @param characters how long its text was
     * @param tokens how many tokens that had
     */
    record Measured(long characters, double tokens, Correction correction) {

        /** Nothing is known of the session. */
        static final Measured NOTHING = new Measured(0, 0, new Correction(0, 0, 1));
    }

    /**
     * How wrong the estimates of a session are.
     *
     * @param characters how long the text of the prompt was whose report was compared last
     * @param tokens how many tokens the provider reported for that; 0 if none was
     * @param ratio how many tokens there really are for each one that is estimated
     */
    record Correction(long characters, long tokens, double ratio) {

        Correction with(double ratio) {
            return new Correction(characters, tokens, ratio);
        }
    }
}
