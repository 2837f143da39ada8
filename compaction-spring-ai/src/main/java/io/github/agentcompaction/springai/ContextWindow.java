package io.github.agentcompaction.springai;

import org.springframework.ai.tokenizer.TokenCountEstimator;

/**
 * The context window of an agent's model, and how much of it is used before something is done.
 *
 * @param tokens how many tokens a prompt may have
 * @param share the share of it above which a session is long
 * @param inBackground whether a long session is compacted after an answer, or else before the call
 * @param estimator estimates the tokens of a text
 */
record ContextWindow(int tokens, double share, boolean inBackground, TokenCountEstimator estimator) {

    /** {@return above how many tokens a session is compacted} */
    double longSession() {
        return share * tokens;
    }

    /** {@return above how many tokens a call waits for a compaction} */
    double longestPrompt() {
        return inBackground ? tokens : longSession();
    }
}
