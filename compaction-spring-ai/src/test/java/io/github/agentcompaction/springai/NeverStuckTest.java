package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.ContextLimitExceededException;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import io.github.agentcompaction.springai.session.SessionCompactor;
import io.github.agentcompaction.springai.session.SessionHistory;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClient.ChatClientRequestSpec;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.advisor.SessionMemoryAdvisor;
import org.springframework.ai.tool.function.FunctionToolCallback;

/** After calls that failed, for whatever reason, a short question is answered; the model that summarizes has no larger window. */
@Timeout(60)
class NeverStuckTest {

    private static final int WINDOW = 3_200;

    private static final String LONG = "x".repeat(20_000);

    private final SmallWindowModel model = new SmallWindowModel();
    private final ConcurrentChatMemory memory = new ConcurrentChatMemory(new InMemoryChatMemoryRepository());
    private final CompactionTemplate template = CompactionTemplate.builder(
                    SessionCompactionState.builder().build(),
                    ChatMemoryCompactor.builder(memory, ChatClient.create(model))
                            .build())
            .build();
    private ChatClient client = ChatClient.builder(model)
            .defaultAdvisors(
                    CompactionAdvisor.builder(template, memory).build(),
                    MessageChatMemoryAdvisor.builder(memory).build())
            .build();

    /** What the provider throws for a question, however short; null if it answers. */
    private volatile @Nullable RuntimeException refusal;

    @BeforeEach
    void answer() {
        model.window = WINDOW;
        model.answers = prompt -> {
            String asked = Objects.requireNonNull(prompt.getUserMessage().getText());
            if (asked.startsWith(ChatMemoryCompactor.DEFAULT_PROMPT)) {
                return new AssistantMessage("what was said");
            }
            if (refusal != null) {
                throw refusal;
            }
            return new AssistantMessage("answer to " + asked.substring(0, Math.min(9, asked.length())));
        };
    }

    /** How a client is called. */
    enum Form {
        CALL {
            @Override
            String content(ChatClientRequestSpec request) {
                return String.valueOf(request.call().content());
            }
        },
        STREAM {
            @Override
            String content(ChatClientRequestSpec request) {
                List<String> parts = request.stream().content().collectList().block();
                return String.join("", Objects.requireNonNull(parts));
            }
        };

        abstract String content(ChatClientRequestSpec request);
    }

    private String ask(Form form, String question) {
        return form.content(
                client.prompt().user(question).advisors(call -> call.param(ChatMemory.CONVERSATION_ID, "s")));
    }

    private void turns(Form form, int number) {
        for (int i = 1; i <= number; i++) {
            assertThat(ask(form, "question " + i)).isEqualTo("answer to question ");
        }
    }

    private void refused(Form form, String question, RuntimeException error) {
        refusal = error;
        model.window = Integer.MAX_VALUE; // refused before anybody counts
        assertThatThrownBy(() -> ask(form, question)).isSameAs(error);
        model.window = WINDOW;
        refusal = null;
    }

    @ParameterizedTest
    @EnumSource
    void messageThatNeverFits_theNextQuestionIsAnswered(Form form) {
        assertGoesOnAfterAMessageThatNeverFits(form);
    }

    @ParameterizedTest
    @EnumSource
    void messageThatNeverFits_inASession_theNextQuestionIsAnswered(Form form) {
        SessionRepository repository = InMemorySessionRepository.builder().build();
        SessionCompactionState state = SessionCompactionState.builder().build();
        SessionService sessions = new CoordinatedSessionService(
                DefaultSessionService.builder().sessionRepository(repository).build(), repository, state);
        SessionCompactor compactor = SessionCompactor.summarizing(sessions, ChatClient.create(model));
        client = ChatClient.builder(model)
                .defaultAdvisors(
                        CompactionAdvisor.builder(
                                        CompactionTemplate.builder(state, compactor)
                                                .build(),
                                        new SessionHistory(sessions))
                                .build(),
                        SessionMemoryAdvisor.builder(sessions).build())
                .build();
        sessions.create(CreateSessionRequest.builder().id("s").userId("ann").build());

        assertGoesOnAfterAMessageThatNeverFits(form);
    }

    private void assertGoesOnAfterAMessageThatNeverFits(Form form) {
        turns(form, 3);

        assertThatThrownBy(() -> ask(form, LONG)).isInstanceOf(ContextLimitExceededException.class);

        assertThat(ask(form, "and now?")).isEqualTo("answer to and now?");
        assertThat(ask(form, "and then?")).isEqualTo("answer to and then?");
    }

    @ParameterizedTest
    @EnumSource
    void questionsThatTheProviderRefused_theNextOneIsAnswered(Form form) {
        turns(form, 3);
        for (int i = 1; i <= 6; i++) {
            refused(form, i + "x".repeat(1_000), new NonTransientAiException("HTTP 429 - rate limit"));
        }

        assertThat(ask(form, "and now?")).isEqualTo("answer to and now?");
    }

    @ParameterizedTest
    @EnumSource
    void manyLongQuestionsInARow_theNextOneIsAnswered(Form form) {
        turns(form, 1);
        for (int i = 1; i <= 30; i++) {
            refused(form, i + LONG, new IllegalArgumentException("out of order"));
        }

        assertThat(ask(form, "and now?")).isEqualTo("answer to and now?");
    }

    @ParameterizedTest
    @EnumSource
    void tooLong_saysWhichMessage(Form form) {
        turns(form, 3);

        assertThatThrownBy(() -> ask(form, LONG))
                .isInstanceOf(ContextLimitExceededException.class)
                .hasCauseInstanceOf(NonTransientAiException.class)
                .hasMessage("This conversation is too long for the model, and nothing in it can be summarized any more."
                        + " Please send a shorter message, or start a new conversation."
                        + " Its longest message is the user's last one, with 20000 characters.");
        assertThatThrownBy(() -> form.content(client.prompt()
                        .system("x".repeat(10_000))
                        .user("and now?")
                        .advisors(call -> call.param(ChatMemory.CONVERSATION_ID, "s"))))
                .hasMessageEndingWith("Its longest message is the system message, with 10000 characters.");
    }

    @ParameterizedTest
    @EnumSource
    void tooLong_toolsResponse_saysSo(Form form) {
        model.answers = prompt -> AssistantMessage.builder()
                .content("")
                .toolCalls(List.of(new AssistantMessage.ToolCall("1", "function", "look_up", "{}")))
                .build();

        assertThatThrownBy(() -> form.content(client.prompt()
                        .user("look up")
                        .tools(FunctionToolCallback.builder("look_up", () -> LONG)
                                .description("Looks up.")
                                .inputType(Void.class)
                                .build())
                        .advisors(call -> call.param(ChatMemory.CONVERSATION_ID, "s"))))
                .isInstanceOf(ContextLimitExceededException.class)
                .hasMessageMatching(".* Its longest message is a tool's response, with 2000\\d characters\\.");
    }
}
