package io.github.agentcompaction.springai;

import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationFilter;
import org.springframework.ai.chat.observation.ChatModelObservationContext;

/**
 * Adds {@code gen_ai.conversation.compacted=true} to the observation of a chat model whose prompt holds a summary in the place of
 * older messages: one that {@link ChatMemoryCompactor} has put there, or spring-ai-session's recursive summarization with its own
 * shadow prompt.
 *
 * <p>The key is of high cardinality, so no tag of a meter: those must be on all observations of a name or on none.
 */
public final class CompactedConversationFilter implements ObservationFilter {

    /** What is added. */
    static final KeyValue COMPACTED = KeyValue.of("gen_ai.conversation.compacted", "true");

    /** Makes the filter, which an observation registry is given by its configuration. */
    public CompactedConversationFilter() {}

    @Override
    public Observation.Context map(Observation.Context context) {
        if (context instanceof ChatModelObservationContext model
                && Summaries.areIn(model.getRequest().getInstructions())) {
            context.addHighCardinalityKeyValue(COMPACTED);
        }
        return context;
    }
}
