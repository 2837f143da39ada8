package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionException;
import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.ContextLimitExceededException;
import io.github.agentcompaction.SessionCompactionState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.client.advisor.api.Advisor;
import org.springframework.ai.chat.client.advisor.api.AdvisorChain;
import org.springframework.ai.chat.client.advisor.api.BaseAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.ai.chat.client.advisor.api.MemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.core.Ordered;

@Timeout(60)
class CompactionAdvisorTest {

    private final SmallWindowModel model = new SmallWindowModel();
    private final CompactedMemory memory = new CompactedMemory();
    private final SessionCompactionState state =
            SessionCompactionState.builder().agent("planner").build();
    private final CompactionTemplate template =
            CompactionTemplate.builder(state, memory).build();
    private final CompactionAdvisor advisor =
            CompactionAdvisor.builder(template, memory).build();

    private ChatClient client(Advisor... more) {
        return ChatClient.builder(model)
                .defaultAdvisors(
                        advisor, MessageChatMemoryAdvisor.builder(memory).build())
                .defaultAdvisors(more)
                .build();
    }

    private static ChatClient.ChatClientRequestSpec ask(ChatClient client, String question) {
        return client.prompt().user(question).advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"));
    }

    private void overflowing() {
        memory.fill("s", 10);
    }

    // What a call sends and leaves behind

    @Test
    void call_shortConversation_goesThrough() {
        memory.fill("s", 1);

        ChatClientResponse response = ask(client(), "new?").call().chatClientResponse();

        assertThat(model.lastPrompt()).containsExactly("question   1", "answer     1", "new?");
        assertThat(response.context()).doesNotContainKey(CompactionAdvisor.SUMMARY);
        assertThat(memory.compactions).hasValue(0);
        assertThat(memory.texts("s")).containsExactly("question   1", "answer     1", "new?", "answer to new?");
    }

    @Test
    void call_contextLimit_compactsOnceAndAnswers() {
        overflowing();

        String answer = ask(client(), "new?").system("be kind").call().content();

        assertThat(answer).isEqualTo("answer to new?");
        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts).hasSize(2);
        assertThat(model.lastPrompt()).containsExactly("be kind", "[summary]", "summary 1", "new?");
    }

    @Test
    void call_contextLimit_storesTheUsersMessageOnce() {
        overflowing();

        ask(client(), "new?").call().content();

        assertThat(memory.texts("s")).containsExactly("[summary]", "summary 1", "new?", "answer to new?");
    }

    @Test
    void call_nextCall_usesTheCompactedHistory() {
        overflowing();
        ChatClient client = client();
        ask(client, "new?").call().content();

        ask(client, "more?").call().content();

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?", "answer to new?", "more?");
    }

    @Test
    void call_severalMessagesOfTheCaller_areKept() {
        overflowing();

        ask(client(), "new?")
                .messages(new SystemMessage("be brief"), new UserMessage("example?"), new AssistantMessage("example!"))
                .call()
                .content();

        assertThat(model.lastPrompt())
                .containsExactly("be brief", "[summary]", "summary 1", "example?", "example!", "new?");
    }

    @Test
    void call_messagesOfOtherTasksMeanwhile_areLeftOutWhenTheyCameAfterThis() {
        overflowing();
        memory.kept = 3;
        memory.summarizing = () -> memory.add("s", List.of(new UserMessage("other?"), new AssistantMessage("other!")));

        ask(client(), "new?").call().content();

        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
        assertThat(memory.texts("s"))
                .containsExactly("[summary]", "summary 1", "new?", "other?", "other!", "answer to new?");
    }

    @Test
    void call_usersMessageWasSummarizedToo_isSentAllTheSame() {
        overflowing();
        memory.kept = 2;
        memory.summarizing = () -> memory.add("s", List.of(new UserMessage("other?"), new AssistantMessage("other!")));

        ask(client(), "new?").call().content();

        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "other?", "other!", "new?");
    }

    @Test
    void call_sameQuestionAsBefore_losesNothing() {
        memory.add("s", List.of(new UserMessage("go on"), new AssistantMessage("x".repeat(200))));
        memory.add("s", List.of(new UserMessage("and?"), new AssistantMessage("so")));
        memory.add("s", List.of(new UserMessage("go on"), new AssistantMessage("done")));
        memory.kept = 3;

        ask(client(), "go on").call().content();

        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "go on", "done", "go on");
    }

    /** Where the conversation is not in a {@code ChatMemory}. */
    @Test
    void call_historySource_isReadAfterACompaction() {
        overflowing();
        List<String> read = new ArrayList<>();
        CompactionAdvisor reading = CompactionAdvisor.builder(template, session -> {
                    read.add(session);
                    return memory.get(session);
                })
                .build();
        ChatClient client = ChatClient.builder(model)
                .defaultAdvisors(
                        reading, MessageChatMemoryAdvisor.builder(memory).build())
                .build();

        ask(client, "new?").call().content();

        assertThat(read).containsExactly("s");
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
    }

    // Tools

    private ToolCallback lookUp(AtomicInteger runs, String result) {
        return FunctionToolCallback.builder("lookUp", () -> {
                    runs.incrementAndGet();
                    return result;
                })
                .description("looks up")
                .build();
    }

    private void callsATool() {
        model.answers = prompt -> prompt.getInstructions().stream().anyMatch(ToolResponseMessage.class::isInstance)
                ? new AssistantMessage("done")
                : AssistantMessage.builder()
                        .toolCalls(List.of(new AssistantMessage.ToolCall("1", "function", "lookUp", "{}")))
                        .build();
    }

    @Test
    void call_secondToolRoundOverflows_runsTheToolOnce() {
        memory.fill("s", 5);
        callsATool();
        AtomicInteger runs = new AtomicInteger();

        String answer =
                ask(client(), "new?").tools(lookUp(runs, "r".repeat(90))).call().content();

        assertThat(answer).isEqualTo("done");
        assertThat(runs).hasValue(1);
        assertThat(memory.compactions).hasValue(1);
        assertThat(model.lastPrompt())
                .containsExactly("[summary]", "summary 1", "new?", "call lookUp", "result \"" + "r".repeat(90) + "\"");
        assertThat(memory.texts("s")).containsExactly("[summary]", "summary 1", "new?", "done");
    }

    @Test
    void call_firstToolRoundOverflows_theSecondHasTheCompactedHistoryToo() {
        overflowing();
        callsATool();
        AtomicInteger runs = new AtomicInteger();

        ask(client(), "new?").tools(lookUp(runs, "found")).call().content();

        assertThat(runs).hasValue(1);
        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts).hasSize(3);
        assertThat(model.lastPrompt())
                .containsExactly("[summary]", "summary 1", "new?", "call lookUp", "result \"found\"");
    }

    @Test
    void call_memoryInsideTheToolLoop_keepsTheToolRound() {
        memory.fill("s", 5);
        memory.kept = 3;
        callsATool();
        AtomicInteger runs = new AtomicInteger();
        ChatClient client = ChatClient.builder(model)
                .defaultAdvisors(
                        advisor,
                        MessageChatMemoryAdvisor.builder(memory)
                                .order(Ordered.HIGHEST_PRECEDENCE + 1000)
                                .build())
                .build();

        String answer =
                ask(client, "new?").tools(lookUp(runs, "r".repeat(90))).call().content();

        assertThat(answer).isEqualTo("done");
        assertThat(runs).hasValue(1);
        assertThat(memory.compactions).hasValue(1);
        assertThat(model.lastPrompt())
                .filteredOn(text -> !text.isEmpty())
                .containsExactly("[summary]", "summary 1", "new?", "call lookUp", "result \"" + "r".repeat(90) + "\"");
    }

    // Other advisors

    /** Rewrites the question, as a retrieval advisor does. */
    private static BaseAdvisor rewriting(int order) {
        return new BaseAdvisor() {
            @Override
            public ChatClientRequest before(ChatClientRequest request, AdvisorChain chain) {
                Prompt prompt = request.prompt()
                        .augmentUserMessage(user ->
                                user.mutate().text("found; " + user.getText()).build());
                return request.mutate().prompt(prompt).build();
            }

            @Override
            public ChatClientResponse after(ChatClientResponse response, AdvisorChain chain) {
                return response;
            }

            @Override
            public String getName() {
                return "rewriting";
            }

            @Override
            public int getOrder() {
                return order;
            }
        };
    }

    @Test
    void call_rewrittenInsideTheMemory_keepsTheRewrittenQuestion() {
        overflowing();

        ask(client(rewriting(0)), "new?").call().content();

        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "found; new?");
        assertThat(memory.texts("s")).contains("new?").doesNotContain("found; new?");
    }

    @Test
    void call_rewrittenOutsideTheMemory_keepsTheRewrittenQuestion() {
        overflowing();

        ask(client(rewriting(Ordered.HIGHEST_PRECEDENCE + 150)), "new?").call().content();

        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "found; new?");
    }

    @Test
    void call_rewrittenQuestionThatWasAskedBefore_replacesAllOfTheHistory() {
        memory.add("s", List.of(new UserMessage("And now?"), new AssistantMessage("wait")));
        overflowing();

        ask(client(rewriting(0)), "And now?").call().content();

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts).hasSize(2);
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "found; And now?");
    }

    @Test
    void call_historyCutAndQuestionRewritten_keepsTheRewrittenQuestion() {
        overflowing();
        CallAdvisor cutting = messages(all -> all.subList(1, all.size()));

        ask(client(cutting, rewriting(0)), "new?").call().content();

        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "found; new?");
    }

    // Where a memory advisor may stand

    @ParameterizedTest
    @ValueSource(ints = {Ordered.LOWEST_PRECEDENCE, Ordered.LOWEST_PRECEDENCE - 1, Ordered.LOWEST_PRECEDENCE - 2})
    void call_memoryAdvisorWhereTheTriesAre_isRefused(int order) {
        ChatClient client = withMemoryAt(order);

        assertThatThrownBy(() -> ask(client, "new?").call().content())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("MessageChatMemoryAdvisor")
                .hasMessageContaining(" " + order + ",")
                .hasMessageContaining("must be less than " + (Ordered.LOWEST_PRECEDENCE - 2))
                .hasMessageContaining("set a lower order");
        assertThat(model.prompts).isEmpty();
        assertThat(memory.texts("s")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {Ordered.HIGHEST_PRECEDENCE, Ordered.LOWEST_PRECEDENCE - 3})
    void call_memoryAdvisorAtTheFarthestOrder_compactsOnce(int order) {
        overflowing();

        ask(withMemoryAt(order), "new?").call().content();

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
        assertThat(memory.texts("s")).containsExactly("[summary]", "summary 1", "new?", "answer to new?");
    }

    private ChatClient withMemoryAt(int order) {
        return ChatClient.builder(model)
                .defaultAdvisors(
                        MessageChatMemoryAdvisor.builder(memory).order(order).build())
                .defaultAdvisors(CompactionAdvisor.builder(template, memory)
                        .order(Ordered.HIGHEST_PRECEDENCE)
                        .build())
                .build();
    }

    /** Changes the messages between memory and model. */
    private static CallAdvisor messages(UnaryOperator<List<Message>> change) {
        return new CallAdvisor() {
            @Override
            public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
                List<Message> changed =
                        change.apply(new ArrayList<>(request.prompt().getInstructions()));
                return chain.nextCall(new ChatClientRequest(
                        new Prompt(changed, request.prompt().getOptions()), request.context()));
            }

            @Override
            public String getName() {
                return "changing";
            }

            @Override
            public int getOrder() {
                return 0;
            }
        };
    }

    /** As Spring AI's advisor for vector stores does it. */
    @Test
    void call_secondMemoryThatWritesIntoTheSystemMessage_isNoHistory() {
        overflowing();
        class Remembering implements CallAdvisor, MemoryAdvisor {
            @Override
            public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
                return chain.nextCall(new ChatClientRequest(
                        request.prompt().augmentSystemMessage("be kind; remember"), request.context()));
            }

            @Override
            public String getName() {
                return "remembering";
            }

            @Override
            public int getOrder() {
                return 0;
            }
        }

        ask(client(new Remembering()), "new?").system("be kind").call().content();

        assertThat(model.lastPrompt()).containsExactly("be kind; remember", "[summary]", "summary 1", "new?");
    }

    @Test
    void call_messageAddedBehindTheQuestion_keepsBoth() {
        overflowing();
        CallAdvisor adding = messages(messages -> {
            messages.add(new UserMessage("by the way"));
            return messages;
        });

        ask(client(adding), "new?").call().content();

        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?", "by the way");
    }

    @Test
    void call_historyTrimmedBehindTheMemory_keepsTheQuestion() {
        overflowing();
        CallAdvisor trimming = messages(messages -> messages.subList(messages.size() - 19, messages.size()));

        ask(client(trimming), "new?").call().content();

        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
    }

    private record Place(String city) {}

    @Test
    void call_structuredOutput_isConverted() {
        overflowing();
        model.window = 2000;
        memory.fill("s", 80);
        model.answers = prompt -> new AssistantMessage("{\"city\":\"Graz\"}");

        assertThat(ask(client(), "where?").call().entity(Place.class)).isEqualTo(new Place("Graz"));
        assertThat(memory.compactions).hasValue(1);
        assertThat(model.lastPrompt())
                .hasSize(3)
                .last()
                .asString()
                .startsWith("where?")
                .contains("JSON");
    }

    /** The advisor that checks an answer asks the model again, inside of the memory. */
    @Test
    void call_structuredOutputThatIsRepaired_asksWithTheCompactedHistory() {
        memory.fill("s", 80);
        model.window = 1800;
        model.answers = prompt -> new AssistantMessage(model.prompts.size() < 3 ? "{}" : "{\"city\":\"Graz\"}");

        assertThat(ask(client(), "where?").call().entity(Place.class, spec -> spec.validateSchema()))
                .isEqualTo(new Place("Graz"));

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts).hasSize(3);
        assertThat(model.lastPrompt())
                .hasSize(3)
                .startsWith("[summary]", "summary 1")
                .last()
                .asString()
                .startsWith("where?")
                .contains("validation failed");
        assertThat(memory.texts("s")).hasSize(4).contains("where?");
    }

    @Test
    void call_chainOfAnotherKind_works() {
        overflowing();
        CallAdvisor wrapping = new CallAdvisor() {
            @Override
            public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
                CallAdvisorChain rest = chain.copy(this);
                return rest.getCallAdvisors().get(0).adviseCall(request, new ForeignChain(rest));
            }

            @Override
            public String getName() {
                return "wrapping";
            }

            @Override
            public int getOrder() {
                return Ordered.HIGHEST_PRECEDENCE;
            }
        };

        assertThat(ask(client(wrapping), "new?").call().content()).isEqualTo("answer to new?");
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
    }

    /** All that the interface promises, and no more. */
    private record ForeignChain(CallAdvisorChain chain) implements CallAdvisorChain {
        @Override
        public ChatClientResponse nextCall(ChatClientRequest request) {
            return chain.nextCall(request);
        }

        @Override
        public List<CallAdvisor> getCallAdvisors() {
            return chain.getCallAdvisors();
        }

        @Override
        public CallAdvisorChain copy(CallAdvisor after) {
            return new ForeignChain(chain.copy(after));
        }
    }

    // Calls that the advisor leaves alone

    @Test
    void call_noConversationId_passesThrough() {
        ChatClient client = ChatClient.builder(model).defaultAdvisors(advisor).build();

        assertThat(client.prompt().user("new?").call().content()).isEqualTo("answer to new?");
        assertThatThrownBy(() -> client.prompt().user("x".repeat(300)).call().content())
                .isInstanceOf(NonTransientAiException.class);
        assertThat(memory.compactions).hasValue(0);
    }

    @Test
    void call_noMemoryAdvisor_passesThrough() {
        overflowing();
        ChatClient client = ChatClient.builder(model).defaultAdvisors(advisor).build();

        assertThatThrownBy(() -> ask(client, "new?")
                        .messages(memory.get("s").toArray(Message[]::new))
                        .call()
                        .content())
                .isInstanceOf(NonTransientAiException.class);
        assertThat(model.prompts).hasSize(1);
        assertThat(memory.compactions).hasValue(0);
    }

    @Test
    void call_anotherError_isRethrownUntouched() {
        NonTransientAiException error = new NonTransientAiException("HTTP 401 - no key");
        model.answers = prompt -> {
            throw error;
        };

        assertThatThrownBy(() -> ask(client(), "new?").call().content()).isSameAs(error);
        assertThat(memory.compactions).hasValue(0);
    }

    // Bounds

    @Test
    void call_messageTooLongByItself_isToldSo() {
        assertThatThrownBy(() -> ask(client(), "x".repeat(300)).call().content())
                .isInstanceOf(ContextLimitExceededException.class)
                .hasCauseInstanceOf(NonTransientAiException.class)
                .hasMessageContaining("Please send a shorter message")
                .hasMessageEndingWith("Its longest message is the user's last one, with 300 characters.");
    }

    @Test
    void call_tooLongAfterEveryCompaction_givesUp() {
        overflowing();
        model.answers = prompt -> {
            throw SmallWindowModel.tooLong();
        };
        memory.summarizing = () -> memory.fill("s", 4);

        assertThatThrownBy(() -> ask(client(), "new?").call().content())
                .isInstanceOf(ContextLimitExceededException.class);
        assertThat(memory.compactions).hasValue(CompactionTemplate.DEFAULT_MAX_COMPACTIONS);
        assertThat(model.prompts).hasSize(CompactionTemplate.DEFAULT_MAX_COMPACTIONS + 1);
    }

    @Test
    void call_compactorFails_leavesTheHistory() {
        overflowing();
        List<String> before = memory.texts("s");
        memory.summarizing = () -> {
            throw new IllegalStateException("down");
        };

        assertThatThrownBy(() -> ask(client(), "new?").call().content())
                .isInstanceOf(CompactionFailedException.class)
                .hasCauseInstanceOf(IllegalStateException.class);
        assertThat(memory.texts("s")).startsWith(before.toArray(String[]::new)).endsWith("new?");
    }

    @Test
    void call_byTheCompactorForItsOwnSession_failsAtOnce() {
        overflowing();
        ChatClient client = client();
        memory.summarizing = () -> ask(client, "summarize").call().content();

        assertThatThrownBy(() -> ask(client, "new?").call().content())
                .isInstanceOf(CompactionFailedException.class)
                .cause()
                .isExactlyInstanceOf(CompactionException.class);
    }

    // The summary

    @Test
    void call_root_hasTheSummaryInItsContext() {
        overflowing();

        ChatClientResponse response = ask(client(), "new?").call().chatClientResponse();

        assertThat(response.context()).containsEntry(CompactionAdvisor.SUMMARY, "summary 1");
        assertThat(response.context()).containsEntry(ChatMemory.CONVERSATION_ID, "s");
        assertThat(SmallWindowModel.text(response.chatResponse())).isEqualTo("answer to new?");
        assertThat(state.getSummary("s")).isEmpty();
    }

    @Test
    void call_subtask_leavesTheSummaryForTheRoot() {
        overflowing();
        ChatClient client = client();

        ChatClientResponse subtask = ask(client, "part?")
                .advisors(spec -> spec.param(CompactionAdvisor.SUBTASK, true))
                .call()
                .chatClientResponse();
        assertThat(subtask.context()).doesNotContainKey(CompactionAdvisor.SUMMARY);
        assertThat(state.getSummary("s")).contains("summary 1");

        ChatClientResponse root = ask(client, "all?").call().chatClientResponse();
        assertThat(root.context()).containsEntry(CompactionAdvisor.SUMMARY, "summary 1");
    }

    @Test
    void call_rootThatFails_leavesTheSummary() {
        state.storeSummary("s", "waiting");
        model.answers = prompt -> {
            throw new NonTransientAiException("HTTP 401 - no key");
        };

        assertThatThrownBy(() -> ask(client(), "new?").call().content()).isInstanceOf(NonTransientAiException.class);
        assertThat(state.getSummary("s")).contains("waiting");
    }

    @Test
    void call_root_publishesTheSummaryAfterTheAnswer() {
        overflowing();
        List<Object> events = new ArrayList<>();
        ChatClient client = publishing(event -> {
            assertThat(model.prompts).hasSize(2);
            events.add(event);
        });

        ask(client, "new?").call().content();
        ask(client, "more?").call().content();

        assertThat(events).containsExactly(new SummaryDeliveredEvent("planner", "s", "summary 1"));
    }

    @Test
    void call_listenerOfTheEventThrows_answersAllTheSameAndLogsNoText() {
        overflowing();
        ChatClient client = publishing(event -> {
            throw new IllegalStateException("cannot send " + ((SummaryDeliveredEvent) event).summary());
        });

        try (LoggedWarnings log = new LoggedWarnings(CompactionAdvisor.class)) {
            assertThat(ask(client, "new?").call().chatClientResponse().context())
                    .containsEntry(CompactionAdvisor.SUMMARY, "summary 1");

            assertThat(log.texts)
                    .singleElement()
                    .asString()
                    .contains("session 's' of agent 'planner'", "IllegalStateException")
                    .doesNotContain("summary 1");
        }
    }

    private ChatClient publishing(Consumer<Object> listener) {
        CompactionAdvisor publishing = CompactionAdvisor.builder(template, memory)
                .eventPublisher(listener::accept)
                .build();
        return ChatClient.builder(model)
                .defaultAdvisors(
                        publishing, MessageChatMemoryAdvisor.builder(memory).build())
                .build();
    }
}
