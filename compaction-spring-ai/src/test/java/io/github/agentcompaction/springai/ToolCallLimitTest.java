package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.DefaultToolCallingManager;
import org.springframework.ai.model.tool.ToolCallLimitBehavior;
import org.springframework.ai.model.tool.ToolCallLimitExceededException;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;

/**
 * Spring AI counts the tool calls of a turn from the last user message on. A summary begins with a user message, which must
 * not be taken for the beginning of that turn: a model that calls a tool for ever would never be stopped.
 */
class ToolCallLimitTest {

    private final ChatMemoryRepository repository = new InMemoryChatMemoryRepository();
    private final ConcurrentChatMemory memory = new ConcurrentChatMemory(repository);
    private final SummaryModel summaries = new SummaryModel(question -> "what was");
    private final ChatMemoryCompactor compactor =
            ChatMemoryCompactor.builder(memory, summaries.client()).share(1).build();
    private final AtomicInteger runs = new AtomicInteger();
    private final ToolCallback lookUp = FunctionToolCallback.builder("look_up", () -> {
                runs.incrementAndGet();
                return "found";
            })
            .description("looks up")
            .build();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "u1 a1 u2 c1 r1 c2 r2",
                "u1 c7 r7 a1 u2 c1 r1 c2 r2",
                "s1 summary:before u1 a1 u2 c1 r1 c2 r2",
            })
    void summaryInAStoredTurn_countsAllItsCalls(String conversation) throws Exception {
        repository.saveAll("c", Conversation.of(conversation));

        assertThat(compactor.compact("c")).isPresent();

        assertThat(Conversation.inShort(memory.get("c"))).endsWith("summary:what was u2 c1 r1 c2 r2");
        callAgain(3); // the third call of the turn is the last one
        assertThat(runs).hasValue(1);
        assertThatThrownBy(() -> callAgain(2)).isInstanceOf(ToolCallLimitExceededException.class);
        assertThat(runs).hasValue(1);
    }

    private void callAgain(int maxCallsPerTool) {
        ToolCallingManager manager = DefaultToolCallingManager.builder()
                .maxCallsPerTool(maxCallsPerTool)
                .onLimitExceeded(ToolCallLimitBehavior.THROW)
                .build();
        manager.executeToolCalls(
                new Prompt(
                        memory.get("c"),
                        ToolCallingChatOptions.builder().toolCallbacks(lookUp).build()),
                SmallWindowModel.response(
                        (AssistantMessage) Conversation.of("c3").get(0)));
    }

    @Test
    void compactionInTheMiddleOfATurn_theModelIsStoppedAtTheLimit() {
        CompactionTemplate template = CompactionTemplate.builder(
                        SessionCompactionState.builder().build(), compactor)
                .build();
        SmallWindowModel model = new SmallWindowModel();
        model.window = 1_500;
        List<Integer> callsAtCompaction = new ArrayList<>();
        model.asked = () -> callsAtCompaction.add(summaries.asked.size());
        model.answers = ToolCallLimitTest::callsForEver;
        ChatClient client = ChatClient.builder(model)
                .defaultAdvisors(
                        CompactionAdvisor.builder(template, memory).build(),
                        MessageChatMemoryAdvisor.builder(memory).build())
                .build();
        repository.saveAll("c", Conversation.of("u1" + "x".repeat(1_000) + " a1 u2 a2"));

        client.prompt("new?")
                .advisors(call -> call.param(ChatMemory.CONVERSATION_ID, "c"))
                .tools(lookUp)
                .call()
                .content();

        assertThat(callsAtCompaction).contains(0, 1); // compacted between two calls of the model
        assertThat(summaries.asked).hasSize(1);
        assertThat(runs).hasValue(DefaultToolCallingManager.DEFAULT_MAX_CALLS_PER_TOOL);
    }

    private static AssistantMessage callsForEver(Prompt prompt) {
        List<Message> messages = prompt.getInstructions();
        return messages.get(messages.size() - 1) instanceof ToolResponseMessage tool
                        && tool.getResponses().get(0).responseData().contains("limit")
                ? new AssistantMessage("done")
                : (AssistantMessage) Conversation.of("c" + messages.size()).get(0);
    }
}
