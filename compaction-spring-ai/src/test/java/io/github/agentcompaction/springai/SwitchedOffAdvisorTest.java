package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.client.advisor.api.Advisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.Ordered;
import reactor.test.StepVerifier;

/** An advisor whose template is switched off is not there for a call or a stream. */
@Timeout(60)
class SwitchedOffAdvisorTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final SmallWindowModel model = new SmallWindowModel();
    private final CompactedMemory memory = new CompactedMemory();
    private final SessionCompactionState state =
            SessionCompactionState.builder().agent("planner").build();
    private final AtomicReference<RuntimeException> refusal = new AtomicReference<>();

    /** Even a short prompt is over its budget. */
    private final CompactionAdvisor advisor = CompactionAdvisor.builder(
                    CompactionTemplate.builder(state, memory).enabled(false).build(), memory)
            .proactive(1, 1)
            .build();

    {
        memory.fill("s", 10);
        model.asked = () -> {
            if (refusal.get() != null) {
                throw refusal.get();
            }
        };
    }

    @Test
    void call_goesThroughAndCompactsNothing() {
        model.window = 10_000;
        state.storeSummary("s", "from before");

        var response = ask(client()).call().chatClientResponse();

        assertThat(SmallWindowModel.text(response.chatResponse())).isEqualTo("answer to new?");
        assertThat(response.context()).doesNotContainKey(CompactionAdvisor.SUMMARY);
        assertThat(state.getSummary("s")).contains("from before");
        assertThat(model.lastPrompt()).hasSize(21);
        assertThat(memory.compactions).hasValue(0);
        assertThat(state.lockCount()).isZero();
    }

    @Test
    void call_contextLimit_isTheModelsOwnError() {
        refusal.set(SmallWindowModel.tooLong());

        assertThatThrownBy(() -> ask(client()).call().content()).isSameAs(refusal.get());

        assertThat(model.prompts).hasSize(1);
        assertThat(memory.compactions).hasValue(0);
    }

    @Test
    void stream_goesThroughAndCompactsNothing() {
        model.window = 10_000;
        state.storeSummary("s", "from before");

        assertThat(ask(client()).stream().content().collectList().block(LIMIT))
                .containsExactly("answer", " to", " new?");

        assertThat(state.getSummary("s")).contains("from before");
        assertThat(model.prompts).hasSize(1);
        assertThat(memory.compactions).hasValue(0);
        assertThat(state.lockCount()).isZero();
    }

    @Test
    void stream_contextLimit_isTheModelsOwnError() {
        refusal.set(SmallWindowModel.tooLong());

        StepVerifier.create(ask(client()).stream().content())
                .expectErrorSatisfies(error -> assertThat(NestedExceptionUtils.getMostSpecificCause(error))
                        .isSameAs(refusal.get())) // the memory advisor wraps it
                .verify(LIMIT);

        assertThat(model.prompts).hasSize(1);
        assertThat(memory.compactions).hasValue(0);
    }

    /** With compaction switched on, such an order is refused. */
    @Test
    void call_memoryAdvisorRightInFrontOfTheModel_isNotRefused() {
        model.window = 10_000;

        String answer = ask(client(Ordered.LOWEST_PRECEDENCE - 1)).call().content();

        assertThat(answer).isEqualTo("answer to new?");
    }

    private ChatClient client(int memoryOrder) {
        return ChatClient.builder(model)
                .defaultAdvisors(
                        advisor,
                        MessageChatMemoryAdvisor.builder(memory)
                                .order(memoryOrder)
                                .build())
                .build();
    }

    private ChatClient client() {
        return client(Advisor.DEFAULT_CHAT_MEMORY_PRECEDENCE_ORDER);
    }

    private static ChatClient.ChatClientRequestSpec ask(ChatClient client) {
        return client.prompt().user("new?").advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"));
    }
}
