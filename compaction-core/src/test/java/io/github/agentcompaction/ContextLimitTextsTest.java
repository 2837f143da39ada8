package io.github.agentcompaction;

import static java.util.function.Predicate.not;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules against what the providers' errors say. */
class ContextLimitTextsTest {

    private static final List<ProviderText> TEXTS = ProviderText.read("/context-limits.txt");

    private static final Set<String> OTHER_STATUSES = Set.of("429", "503", "529");

    static Stream<ProviderText> texts() {
        return TEXTS.stream();
    }

    static Stream<ProviderText> textsWithAStatus() {
        return TEXTS.stream().filter(text -> !text.status().equals("-"));
    }

    static Stream<ProviderText> misjudged() {
        return ProviderText.read("/context-limits-misjudged.txt").stream();
    }

    static Stream<ContextLimitRule> rules() {
        return ContextLimitTexts.ALL.stream();
    }

    @ParameterizedTest
    @MethodSource("texts")
    void isContextLimit_textOfAProvider(ProviderText text) {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(text.text())))
                .isEqualTo(text.isLimit());
    }

    @ParameterizedTest
    @MethodSource("texts")
    void isContextLimit_threeCausesDeep(ProviderText text) {
        var wrapped = new IllegalStateException(
                "Stream processing failed",
                new CompletionException(new RuntimeException("call failed", new IOException(text.text()))));

        assertThat(ContextLimitErrors.isContextLimit(wrapped)).isEqualTo(text.isLimit());
    }

    @ParameterizedTest
    @MethodSource("textsWithAStatus")
    void isContextLimit_withItsStatus(ProviderText text) {
        var error = new StatusException(text.text(), Integer.parseInt(text.status()));

        assertThat(ContextLimitErrors.isContextLimit(error)).isEqualTo(text.isLimit());
    }

    @ParameterizedTest
    @MethodSource("texts")
    void isContextLimit_withTheStatusOfARateLimit_isNone(ProviderText text) {
        assertThat(OTHER_STATUSES)
                .allSatisfy(status -> assertThat(ContextLimitErrors.isContextLimit(
                                new StatusException(text.text(), Integer.parseInt(status))))
                        .isFalse());
    }

    @ParameterizedTest
    @MethodSource("misjudged")
    void isContextLimit_knownToBeWrong(ProviderText text) {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(text.text())))
                .isEqualTo(!text.isLimit());
        assertThat(text.reason()).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void rule_leftOut_isMissed(ContextLimitRule rule) {
        List<ContextLimitRule> others =
                ContextLimitTexts.ALL.stream().filter(not(rule::equals)).toList();

        assertThat(TEXTS)
                .anyMatch(text ->
                        ContextLimitErrors.isContextLimit(new RuntimeException(text.text()), others) != text.isLimit());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void rule_tellsProviderAndSource(ContextLimitRule rule) {
        assertThat(rule.provider()).isNotBlank();
        assertThat(rule.source()).isNotBlank();
    }

    /** As of the AWS, OpenAI and Anthropic SDKs. */
    @SuppressWarnings("serial") // never serialized
    private static final class StatusException extends RuntimeException {
        private final int status;

        StatusException(String message, int status) {
            super(message);
            this.status = status;
        }

        public int statusCode() {
            return status;
        }
    }
}
