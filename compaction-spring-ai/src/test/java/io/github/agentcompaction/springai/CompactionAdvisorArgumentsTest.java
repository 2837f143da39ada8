package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.client.advisor.api.Advisor;
import org.springframework.ai.chat.memory.ChatMemory;

/** Bad input is refused with an error that names the argument and the rule. */
@SuppressWarnings("NullAway") // passes null on purpose
class CompactionAdvisorArgumentsTest {

    private final CompactedMemory memory = new CompactedMemory();
    private final CompactionTemplate template = CompactionTemplate.builder(
                    SessionCompactionState.builder().agent("planner").build(), memory)
            .build();

    private CompactionAdvisor.Builder builder() {
        return CompactionAdvisor.builder(template, memory);
    }

    @Test
    void builder_null_isRefused() {
        refused("template", () -> CompactionAdvisor.builder(null, memory));
        refused("chatMemory", () -> CompactionAdvisor.builder(template, (ChatMemory) null));
        refused("history", () -> CompactionAdvisor.builder(template, (HistorySource) null));
        refused("eventPublisher", () -> builder().eventPublisher(null));
        refused("scheduler", () -> builder().scheduler(null));
        refused("tokenCountEstimator", () -> builder().tokenCountEstimator(null));
    }

    private static void refused(String argument, ThrowingCallable call) {
        assertThatNullPointerException().isThrownBy(call).withMessage(argument + " must not be null");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1})
    void contextWindow_none_isRefused(int window) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().proactive(window, 0.5))
                .withMessage("contextWindow must be at least 1, but was " + window);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().background(window, 0.5))
                .withMessage("contextWindow must be at least 1, but was " + window);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.1, 1.01, Double.NaN, Double.POSITIVE_INFINITY})
    void share_none_isRefused(double share) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().proactive(1000, share))
                .withMessage("share must be more than 0 and at most 1, but was " + share);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().background(1000, share))
                .withMessage("share must be more than 0 and at most 1, but was " + share);
    }

    @Test
    void order_notSet_isOutsideTheMemoryAdvisors() {
        assertThat(builder().build().getOrder())
                .isEqualTo(CompactionAdvisor.DEFAULT_ORDER)
                .isLessThan(Advisor.DEFAULT_CHAT_MEMORY_PRECEDENCE_ORDER);
        assertThat(builder().order(7).build().getOrder()).isEqualTo(7);
    }

    @Test
    void event_null_isRefused() {
        refused("agent", () -> new SummaryDeliveredEvent(null, "s", "text"));
        refused("sessionId", () -> new SummaryDeliveredEvent("planner", null, "text"));
        refused("summary", () -> new SummaryDeliveredEvent("planner", "s", null));
    }

    @Test
    void event_toString_isOneLineWithoutTheSummary() {
        assertThat(new SummaryDeliveredEvent("planner", "s\n2026 INFO forged\u2028", "the user's secret"))
                .hasToString("SummaryDeliveredEvent[17 characters]");
    }

    @Test
    void event_toString_longId_isCut() {
        assertThat(new SummaryDeliveredEvent("planner", "s".repeat(10_000), "x").toString())
                .hasSizeLessThan(250);
    }
}
