package io.github.agentcompaction.spring.boot.springai;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints what is wrong with the application's Spring AI beans, and the remedy. */
final class SpringAiSetupFailureAnalyzer extends AbstractFailureAnalyzer<SpringAiSetupException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, SpringAiSetupException cause) {
        return new FailureAnalysis(cause.description(), cause.action(), cause);
    }
}
