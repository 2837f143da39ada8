package io.github.agentcompaction.spring.boot.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints key, value, place and remedy of a property that cannot be used. */
final class InvalidCompactionPropertyFailureAnalyzer
        extends AbstractFailureAnalyzer<InvalidCompactionPropertyException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, InvalidCompactionPropertyException cause) {
        String description = String.format(
                "The configuration of agent-compaction cannot be used:%n%n    Property: %s%n    Value: \"%s\"%n    Origin: %s%n    Reason: %s",
                cause.key(), cause.value(), cause.origin(), cause.reason());
        return new FailureAnalysis(description, cause.action(), cause);
    }
}
