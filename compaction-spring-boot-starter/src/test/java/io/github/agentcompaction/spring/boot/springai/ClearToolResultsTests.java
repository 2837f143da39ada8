package io.github.agentcompaction.spring.boot.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

class ClearToolResultsTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    CompactionAutoConfiguration.class,
                    CompactionChatMemoryAutoConfiguration.class,
                    ChatMemoryCompactorAutoConfiguration.class,
                    CompactionAdvisorAutoConfiguration.class,
                    ChatMemoryAutoConfiguration.class,
                    ChatClientAutoConfiguration.class))
            .withBean(ScriptedModel.class)
            .withPropertyValues(
                    "compaction.agents.planner.context-window=1000", "compaction.spring-ai.default-advisor=planner");

    /** Three rounds of a tool with some 400 tokens each. */
    private static List<Message> turn() {
        List<Message> messages = new ArrayList<>(List.of(new UserMessage("look it up")));
        for (int i = 1; i <= 3; i++) {
            messages.add(AssistantMessage.builder()
                    .content("")
                    .toolCalls(List.of(new AssistantMessage.ToolCall("id" + i, "function", "lookUp", "{}")))
                    .build());
            messages.add(ToolResponseMessage.builder()
                    .responses(List.of(new ToolResponseMessage.ToolResponse("id" + i, "lookUp", "word ".repeat(400))))
                    .build());
        }
        return messages;
    }

    private static ChatClient.ChatClientRequestSpec prompt(ApplicationContext context) {
        ChatMemory memory = context.getBean(ChatMemory.class);
        return context.getBean(ChatClient.Builder.class)
                .defaultAdvisors(MessageChatMemoryAdvisor.builder(memory).build())
                .build()
                .prompt()
                .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, "c"));
    }

    private static long notes(ApplicationContext context) {
        return context.getBean(ScriptedModel.class).answered.stream()
                .flatMap(prompt -> prompt.getInstructions().stream())
                .filter(message -> message.toString().contains("[result of lookUp removed, 2,000 characters]"))
                .count();
    }

    @ParameterizedTest
    @CsvSource({
        "compaction.enabled=true, 1",
        "compaction.spring-ai.clear-tool-results=true, 1",
        "compaction.spring-ai.clear-tool-results=false, 0",
    })
    void clearToolResults_isOnUnlessSet(String property, long notes) {
        runner.withPropertyValues(property).run(context -> {
            prompt(context).messages(turn()).call().content();

            assertThat(notes(context)).isEqualTo(notes);
        });
    }

    @Test
    void clearOldToolResults_isOffUnlessSet() {
        runner.run(context -> {
            context.getBean(ChatMemory.class).add("c", turn());
            context.getBean(ChatMemory.class).add("c", new AssistantMessage("found"));

            prompt(context).user("And now?").call().content();

            assertThat(notes(context)).isZero();
            assertThat(context.getBean(ScriptedModel.class).summarized).hasSize(1);
        });
    }

    @Test
    void clearOldToolResults_goBeforeASummary() {
        runner.withPropertyValues("compaction.spring-ai.clear-old-tool-results=true", "compaction.compact-at=1")
                .run(context -> {
                    context.getBean(ChatMemory.class).add("c", turn());
                    context.getBean(ChatMemory.class).add("c", new AssistantMessage("found"));

                    prompt(context).user("And now?").call().content();

                    assertThat(notes(context)).isEqualTo(1);
                    assertThat(context.getBean(ScriptedModel.class).summarized).isEmpty();
                });
    }
}
