package io.github.agentcompaction.springai;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.ai.chat.memory.ChatMemory;

/** Many calls on one conversation. */
@Timeout(120)
class CompactionAdvisorParallelTest {

    private static final int HISTORY = 40; // turns

    private final SmallWindowModel model = new SmallWindowModel();
    private final CompactedMemory memory = new CompactedMemory();
    private final SessionCompactionState state =
            SessionCompactionState.builder().agent("planner").build();
    private final CompactionTemplate template =
            CompactionTemplate.builder(state, memory).build();
    private final Pausing pausing = new Pausing();
    private final ChatClient client = ChatClient.builder(model)
            .defaultAdvisors(
                    CompactionAdvisor.builder(template, memory).build(),
                    MessageChatMemoryAdvisor.builder(memory).build(),
                    pausing)
            .build();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    {
        model.window = 900;
        memory.fill("s", HISTORY);
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private ChatClient.ChatClientRequestSpec ask(String question) {
        return client.prompt().user(question).advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"));
    }

    private String subtask(int number) {
        return String.valueOf(ask("part " + number + "?")
                .advisors(spec -> spec.param(CompactionAdvisor.SUBTASK, true))
                .call()
                .content());
    }

    private static <T> List<T> getAll(List<Future<T>> futures) throws Exception {
        List<T> results = new ArrayList<>();
        for (Future<T> future : futures) {
            results.add(future.get(60, SECONDS));
        }
        return results;
    }

    /** Holds everybody up until as many have come. */
    private static Runnable together(int count) {
        CountDownLatch arrived = new CountDownLatch(count);
        return () -> {
            arrived.countDown();
            await(arrived);
        };
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 8, 32})
    void calls_atOneInstant_payOnceAndLoseNothing(int count) throws Exception {
        memory.kept = count;
        model.asked = together(count);
        List<Callable<String>> tasks = IntStream.range(0, count)
                .<Callable<String>>mapToObj(i -> () -> subtask(i))
                .toList();

        List<String> answers = getAll(threads.invokeAll(tasks));

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts).hasSize(2 * count);
        assertThat(answers)
                .containsExactlyElementsOf(IntStream.range(0, count)
                        .mapToObj(i -> "answer to part " + i + "?")
                        .toList());
        assertThat(memory.texts("s")).hasSize(2 + 2 * count).startsWith("[summary]", "summary 1");
        assertThat(memory.texts("s").stream().collect(Collectors.groupingBy(text -> text, Collectors.counting())))
                .allSatisfy((text, times) -> assertThat(times).isOne());
        assertThat(state.getSummary("s")).contains("summary 1");
        assertThat(ask("all?").call().chatClientResponse().context())
                .containsEntry(CompactionAdvisor.SUMMARY, "summary 1");
    }

    @Test
    void call_historyReadBeforeACompaction_startsWithTheCompactedOne() throws Exception {
        pausing.pauses("late?");
        Future<String> late = threads.submit(() -> ask("late?").call().content());
        await(pausing.paused);

        memory.kept = 2;
        ask("early?").call().content();
        int asked = model.prompts.size();
        pausing.resume.countDown();

        assertThat(late.get(60, SECONDS)).isEqualTo("answer to late?");
        assertThat(model.prompts).hasSize(asked + 1);
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "late?");
        assertThat(memory.compactions).hasValue(1);
    }

    @Test
    void call_failsLongAfterTheCompaction_doesNotPayAgain() throws Exception {
        memory.kept = 2;
        CountDownLatch bothAsked = new CountDownLatch(2);
        CountDownLatch compacted = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        model.asked = () -> {
            int number = asked.incrementAndGet();
            bothAsked.countDown();
            await(bothAsked);
            if (number == 2) {
                await(compacted); // the model takes that long to refuse
            }
        };
        Future<String> first = threads.submit(() -> subtask(1));
        Future<String> second = threads.submit(() -> subtask(2));
        while (state.getSummary("s").isEmpty() && !first.isDone()) {
            Thread.onSpinWait();
        }
        compacted.countDown();

        assertThat(List.of(first.get(60, SECONDS), second.get(60, SECONDS)))
                .containsExactly("answer to part 1?", "answer to part 2?");
        assertThat(memory.compactions).hasValue(1);
    }

    @Test
    void calls_compactorFails_bothAreTold() throws Exception {
        memory.kept = 2;
        model.asked = together(2);
        memory.summarizing = () -> {
            throw new IllegalStateException("down");
        };

        List<Future<String>> calls = threads.invokeAll(List.of(() -> subtask(1), () -> subtask(2)));

        for (Future<String> call : calls) {
            assertThat(call)
                    .failsWithin(Duration.ofSeconds(60))
                    .withThrowableOfType(ExecutionException.class)
                    .withCauseInstanceOf(CompactionFailedException.class);
        }
    }

    @Test
    void calls_ofOtherSessions_areNotTouched() throws Exception {
        memory.fill("t", HISTORY);
        CountDownLatch done = new CountDownLatch(1);
        memory.summarizing = () -> {
            if (memory.compactions.get() == 1) {
                await(done);
            }
        };
        Future<String> waiting = threads.submit(() -> subtask(1));
        while (memory.compactions.get() == 0) {
            Thread.onSpinWait();
        }

        String other = client.prompt()
                .user("other?")
                .advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "t"))
                .call()
                .content();
        done.countDown();

        assertThat(other).isEqualTo("answer to other?");
        assertThat(waiting.get(60, SECONDS)).isEqualTo("answer to part 1?");
    }

    /** Stands between memory and model, and holds up one question. */
    private static final class Pausing implements CallAdvisor {

        final CountDownLatch paused = new CountDownLatch(1);
        final CountDownLatch resume = new CountDownLatch(1);
        private volatile String question = "";

        void pauses(String question) {
            this.question = question;
        }

        @Override
        public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
            if (question.equals(request.prompt().getUserMessage().getText())) {
                paused.countDown();
                await(resume);
            }
            return chain.nextCall(request);
        }

        @Override
        public String getName() {
            return "pausing";
        }

        @Override
        public int getOrder() {
            return 0;
        }
    }
}
