package io.github.agentcompaction.benchmarks.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SummaryPrefixTest {

    @Test
    void talk_transcript_beginsLikeNoPromptBefore() {
        CachingModel model = SummaryPrefix.talk(SummaryPrefix.SMALL_WINDOW, false);

        assertThat(model.summaries()).isGreaterThan(5);
        assertThat(model.share()).isLessThan(0.3);
    }

    @Test
    void talk_continue_beginsLikeThePromptBefore() {
        CachingModel model = SummaryPrefix.talk(SummaryPrefix.SMALL_WINDOW, true);

        assertThat(model.summaries()).isGreaterThan(5);
        assertThat(model.share()).isGreaterThan(0.7);
    }
}
