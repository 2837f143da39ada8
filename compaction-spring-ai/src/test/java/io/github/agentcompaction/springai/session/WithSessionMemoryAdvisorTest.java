package io.github.agentcompaction.springai.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.SessionCompactionState;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.advisor.SessionMemoryAdvisor;
import org.springframework.ai.session.compaction.RecursiveSummarizationCompactionStrategy;
import org.springframework.ai.session.compaction.TurnCountTrigger;
import reactor.core.publisher.Flux;

/** The decorated service under spring-ai-session's own advisor, as an application would use it. */
class WithSessionMemoryAdvisorTest {

    private static final int HISTORY_TURNS = 200;

    private final SessionRepository repository =
            InMemorySessionRepository.builder().build();
    private final SessionCompactionState state =
            SessionCompactionState.builder().agent("planner").build();
    private final SessionService service = new CoordinatedSessionService(
            DefaultSessionService.builder().sessionRepository(repository).build(), repository, state);
    private final ConcurrentLinkedQueue<Prompt> asked = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Prompt> summarized = new ConcurrentLinkedQueue<>();
    private final ExecutorService tasks = Executors.newCachedThreadPool();

    @AfterEach
    void stopTasks() {
        tasks.shutdownNow();
    }

    @Test
    void call_tooManyTurns_isCompactedAfterTheAnswer() {
        remember(HISTORY_TURNS);

        assertThat(ask(client(HISTORY_TURNS, model("answer")), "last")).isEqualTo("answer");

        assertThat(summarized).hasSize(1);
        assertThat(active().get(1)).isEqualTo("summary");
        assertThat(active()).hasSize(12).endsWith("last", "answer");
        assertThat(ask(client(HISTORY_TURNS, model("answer")), "next")).isEqualTo("answer");
        assertThat(summarized).hasSize(1);
        assertThat(asked.stream().skip(1).findFirst().orElseThrow().getInstructions())
                .extracting(Message::getText)
                .contains("summary", "last", "answer", "next")
                .doesNotContain("question 1");
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 32})
    void call_inParallel_paysForOneSummaryAndLosesNothing(int calls) throws Exception {
        remember(HISTORY_TURNS);
        CyclicBarrier together = new CyclicBarrier(calls);
        ChatModel model = prompt -> {
            asked.add(prompt);
            await(together);
            return reply("answer to "
                    + prompt.getInstructions()
                            .get(prompt.getInstructions().size() - 1)
                            .getText());
        };
        ChatClient client = client(HISTORY_TURNS, model);

        List<Future<String>> answers = IntStream.range(0, calls)
                .mapToObj(i -> tasks.submit(() -> ask(client, "task " + i)))
                .toList();
        for (int i = 0; i < calls; i++) {
            assertThat(answers.get(i).get(30, TimeUnit.SECONDS)).isEqualTo("answer to task " + i);
        }

        assertThat(summarized).hasSize(1);
        assertThat(repository.findEvents("s", EventFilter.all()).stream()
                        .map(event -> event.getMessage().getText()))
                .containsAll(IntStream.range(0, calls)
                        .boxed()
                        .flatMap(i -> Stream.of("task " + i, "answer to task " + i))
                        .toList())
                .hasSize(2 * HISTORY_TURNS + 2 * calls + 2);
    }

    @Test
    void stream_tooManyTurns_isCompactedAfterTheAnswer() {
        remember(HISTORY_TURNS);
        ChatModel model = new ChatModel() {
            @Override
            public ChatResponse call(Prompt prompt) {
                throw new UnsupportedOperationException();
            }

            @Override
            public Flux<ChatResponse> stream(Prompt prompt) {
                return Flux.just(reply("ans"), reply("wer"));
            }
        };

        List<String> streamed = client(HISTORY_TURNS, model)
                .prompt("last")
                .advisors(advisors -> advisors.param(SessionMemoryAdvisor.SESSION_ID_CONTEXT_KEY, "s"))
                .stream()
                .content()
                .collectList()
                .block();

        assertThat(streamed).containsExactly("ans", "wer");
        Awaitility.await().untilAsserted(() -> assertThat(active()).hasSize(12).endsWith("last", "answer"));
        assertThat(summarized).hasSize(1);
    }

    private ChatClient client(int maxTurns, ChatModel model) {
        ChatModel summarizer = prompt -> {
            summarized.add(prompt);
            return reply("summary");
        };
        return ChatClient.builder(model)
                .defaultAdvisors(SessionMemoryAdvisor.builder(service)
                        .compactionTrigger(new TurnCountTrigger(maxTurns))
                        .compactionStrategy(
                                RecursiveSummarizationCompactionStrategy.builder(ChatClient.create(summarizer))
                                        .maxEventsToKeep(10)
                                        .build())
                        .build())
                .build();
    }

    private ChatModel model(String answer) {
        return prompt -> {
            asked.add(prompt);
            return reply(answer);
        };
    }

    private static String ask(ChatClient client, String question) {
        String answer = client.prompt(question)
                .advisors(advisors -> advisors.param(SessionMemoryAdvisor.SESSION_ID_CONTEXT_KEY, "s"))
                .call()
                .content();
        return Objects.requireNonNull(answer);
    }

    private void remember(int turns) {
        service.create(CreateSessionRequest.builder().id("s").userId("ann").build());
        for (int i = 1; i <= turns; i++) {
            service.appendMessage("s", new UserMessage("question " + i));
            service.appendMessage("s", new AssistantMessage("answer " + i));
        }
    }

    private List<String> active() {
        return repository.findEvents("s", EventFilter.active()).stream()
                .map(SessionEvent::getMessage)
                .map(Message::getText)
                .toList();
    }

    private static ChatResponse reply(String text) {
        return new ChatResponse(List.of(new Generation(new AssistantMessage(text))));
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
