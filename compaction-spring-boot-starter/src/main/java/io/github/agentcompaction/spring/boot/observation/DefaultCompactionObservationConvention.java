package io.github.agentcompaction.spring.boot.observation;

import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionUsage;
import io.github.agentcompaction.spring.boot.observation.CompactionObservationDocumentation.HighCardinalityKeyNames;
import io.github.agentcompaction.spring.boot.observation.CompactionObservationDocumentation.LowCardinalityKeyNames;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.common.docs.KeyName;
import java.util.Locale;
import java.util.OptionalLong;

/** The names of {@link CompactionObservationDocumentation}. */
public class DefaultCompactionObservationConvention implements CompactionObservationConvention {

    private static final String NAME = "compaction";

    /** Until it has ended: a meter of compactions that run needs the same tags from the start. */
    private static final KeyValue NO_OUTCOME = LowCardinalityKeyNames.OUTCOME.withValue(KeyValue.NONE_VALUE);

    /** Makes the convention. */
    public DefaultCompactionObservationConvention() {}

    @Override
    public String getName() {
        return NAME;
    }

    @Override
    public String getContextualName(CompactionObservationContext context) {
        return NAME + " " + context.agent();
    }

    @Override
    public KeyValues getLowCardinalityKeyValues(CompactionObservationContext context) {
        return KeyValues.of(
                LowCardinalityKeyNames.AGENT.withValue(context.agent()),
                LowCardinalityKeyNames.TRIGGER.withValue(word(context.trigger())),
                context.report()
                        .map(report -> LowCardinalityKeyNames.OUTCOME.withValue(word(report.outcome())))
                        .orElse(NO_OUTCOME));
    }

    @Override
    public KeyValues getHighCardinalityKeyValues(CompactionObservationContext context) {
        KeyValues session = KeyValues.of(HighCardinalityKeyNames.SESSION.withValue(context.sessionId()));
        return context.report()
                .map(CompactionReport::usage)
                .map(usage -> session.and(tokens(usage)))
                .orElse(session);
    }

    private static KeyValues tokens(CompactionUsage usage) {
        return known(HighCardinalityKeyNames.TOKENS_BEFORE, usage.tokensBefore())
                .and(known(HighCardinalityKeyNames.TOKENS_AFTER, usage.tokensAfter()))
                .and(known(HighCardinalityKeyNames.TOKENS_PROMPT, usage.promptTokens()))
                .and(known(HighCardinalityKeyNames.TOKENS_COMPLETION, usage.completionTokens()));
    }

    private static KeyValues known(KeyName key, OptionalLong tokens) {
        return tokens.isPresent() ? KeyValues.of(key.withValue(Long.toString(tokens.getAsLong()))) : KeyValues.empty();
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
