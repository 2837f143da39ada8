package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;

/** What is remembered of prompts, and for how long. */
class SentPromptsTest {

    private static final ToolCallback TOOL = FunctionToolCallback.builder("look_up", () -> "found")
            .description("looks it up")
            .build();

    private final AtomicLong nanos = new AtomicLong();
    private final SentPrompts prompts = new SentPrompts(nanos::get, 1_000);

    private static Prompt prompt(String system, ChatOptions options) {
        return new Prompt(
                List.of(new SystemMessage(system), new UserMessage("question"), new AssistantMessage("answer")),
                options);
    }

    private static Prompt prompt(String system) {
        return prompt(system, ChatOptions.builder().build());
    }

    private @Nullable List<String> system(String session) {
        return prompts.latest(session)
                .map(sent ->
                        sent.before(List.of()).stream().map(Message::getText).toList())
                .orElse(null);
    }

    @Test
    void latest_isOfTheSessionsLastPrompt_withoutTheConversation() {
        prompts.sent("one", prompt("before"));
        prompts.sent("one", prompt("be kind"));
        prompts.sent("two", prompt("be brief"));

        assertThat(system("one")).containsExactly("be kind");
        assertThat(system("two")).containsExactly("be brief");
        assertThat(system("three")).isNull();
    }

    @Test
    void latest_unusedForAnHour_isForgotten() {
        prompts.sent("one", prompt("be kind"));
        nanos.addAndGet(Duration.ofMinutes(59).toNanos());
        assertThat(system("one")).isNotNull();
        nanos.addAndGet(Duration.ofMinutes(61).toNanos());

        assertThat(system("one")).isNull();
    }

    @Test
    void sent_longerThanAllTogetherMayBe_forgetsSome() {
        for (int i = 0; i < 100; i++) {
            prompts.sent("s" + i, prompt("x".repeat(300)));
        }

        long known =
                IntStream.range(0, 100).filter(i -> system("s" + i) != null).count();
        assertThat(known).isBetween(1L, 3L);
    }

    @Test
    void applyTo_sameProvider_takesModelAndToolsAndNothingElse() {
        prompts.sent(
                "one",
                prompt(
                        "be kind",
                        OpenAiChatOptions.builder()
                                .model("large")
                                .maxTokens(5)
                                .toolChoice("required")
                                .toolCallbacks(List.of(TOOL))
                                .toolContext(Map.of("user", "42"))
                                .build()));

        OpenAiChatOptions options = (OpenAiChatOptions) prompts.latest("one")
                .orElseThrow()
                .applyTo(OpenAiChatOptions.builder()
                        .model("small")
                        .maxTokens(800)
                        .build());

        assertThat(options.getModel()).isEqualTo("large");
        assertThat(options.getMaxTokens()).isEqualTo(800);
        assertThat(options.getToolChoice()).isNull();
        assertThat(options.getToolContext()).isNullOrEmpty();
        assertThat(options.getToolCallbacks())
                .singleElement()
                .satisfies(tool -> assertThat(tool.getToolDefinition()).isEqualTo(TOOL.getToolDefinition()))
                .satisfies(tool -> assertThatIllegalStateException().isThrownBy(() -> tool.call("{}")));
    }

    @Test
    void applyTo_anotherProvider_takesTheTools() {
        prompts.sent(
                "one",
                prompt(
                        "be kind",
                        OpenAiChatOptions.builder()
                                .model("large")
                                .toolCallbacks(List.of(TOOL))
                                .build()));

        ToolCallingChatOptions options = (ToolCallingChatOptions) prompts.latest("one")
                .orElseThrow()
                .applyTo(ToolCallingChatOptions.builder().model("local").build());

        assertThat(options.getModel()).isEqualTo("local");
        assertThat(options.getToolCallbacks()).hasSize(1);
    }

    @Test
    void applyTo_optionsWithoutTools_staysAsItIs() {
        prompts.sent("one", prompt("be kind", OpenAiChatOptions.builder().build()));

        SentPrompt sent = prompts.latest("one").orElseThrow();

        ChatOptions own = ChatOptions.builder().model("local").build();
        assertThat(sent.applyTo(own).getModel()).isEqualTo("local");
    }

    @Test
    void toString_hasNoText() {
        prompts.sent("one", prompt("be kind"));

        assertThat(prompts).hasToString("SentPrompts[1 sessions]");
        assertThat(prompts.latest("one").orElseThrow()).hasToString("SentPrompt[1 system messages, 0 tools]");
    }
}
