package io.github.agentcompaction.sample;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The hand-written way works as {@code docs/by-hand.md} says. */
class HandWrittenTest {

    private static final Path SOURCES = Path.of("src/test/java/io/github/agentcompaction/sample");
    private static final int SUBTASKS = 8;
    private static final int WINDOW = 6; // messages

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HandWrittenStore store = new HandWrittenStore();
    private final AtomicInteger summaries = new AtomicInteger();
    private final CyclicBarrier together = new CyclicBarrier(SUBTASKS);

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void subtasksOverflowTogether_oneSummaryOneNoticeNothingLost() {
        CompactionTemplate template = CompactionTemplate.builder(
                        SessionCompactionState.builder().agent("planner").build(),
                        new HandWrittenCompactor(store, this::summarize))
                .build();
        HandWrittenAgent agent = new HandWrittenAgent(template, store, this::model, threads);
        for (int turn = 1; turn <= WINDOW / 2; turn++) {
            assertThat(agent.answer("s", "Turn " + turn, 0)).isEqualTo("answer to Turn " + turn);
        }
        store.append("s", List.of("User: one too many"));

        String answer = agent.answer("s", "All of it", SUBTASKS);

        assertThat(answer).isEqualTo("answer to All of it\n\n[Earlier messages were summarized.]");
        assertThat(summaries).hasValue(1);
        assertThat(store.read("s"))
                .containsExactly(
                        "Summary: of 3",
                        "Agent: answer to Turn 2",
                        "User: Turn 3",
                        "Agent: answer to Turn 3",
                        "User: one too many",
                        "User: All of it",
                        "Agent: answer to All of it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "one", "one, other", "one, other, three"})
    void replaceOldest_whatWasReadIsNoLongerThere_saysSoAndChangesNothing(String now) {
        List<String> history = now.isEmpty() ? List.of() : List.of(now.split(", "));
        if (!history.isEmpty()) {
            store.append("s", history);
        }

        assertThatThrownBy(() -> store.replaceOldest("s", List.of("one", "two"), "Summary: of 2"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("The conversation was changed without the lease.");
        assertThat(store.read("s")).isEqualTo(history);
    }

    /** The document's code is this code: each block stands in one of the three classes. */
    @Test
    void document_showsThisCode() {
        List<Path> sources = Stream.of("HandWrittenAgent", "HandWrittenCompactor", "HandWrittenStore")
                .map(name -> SOURCES.resolve(name + ".java"))
                .toList();

        assertThat(new Document(Path.of("..", "docs", "by-hand.md")).blocks("java"))
                .hasSize(3)
                .allMatch(block -> Document.stands(block, sources));
    }

    private String model(List<String> history, String question) {
        if (history.size() > WINDOW) {
            if (question.startsWith("Subtask")) {
                await();
            }
            throw new IllegalStateException("This model's maximum context length is " + WINDOW + " tokens.");
        }
        return "answer to " + question;
    }

    private String summarize(List<String> oldest) {
        summaries.incrementAndGet();
        return "of " + oldest.size();
    }

    private void await() {
        try {
            together.await(30, SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException("The subtasks did not hit the limit together.", e);
        }
    }
}
