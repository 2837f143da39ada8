package io.github.agentcompaction.springai.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.SessionCompactionState;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.compaction.SlidingWindowCompactionStrategy;

class SessionCompactorTest {

    private final SessionRepository repository =
            InMemorySessionRepository.builder().build();
    private final SessionService service = coordinated();

    private SessionService coordinated() {
        return new CoordinatedSessionService(
                DefaultSessionService.builder().sessionRepository(repository).build(),
                repository,
                SessionCompactionState.builder().build());
    }

    @BeforeEach
    void tenMessages() {
        service.create(CreateSessionRequest.builder().id("s").userId("ann").build());
        IntStream.rangeClosed(1, 10).forEach(i -> service.appendMessage("s", new UserMessage("m" + i)));
    }

    private List<String> active() {
        return repository.findEvents("s", EventFilter.active()).stream()
                .map(event -> event.getMessage().getText())
                .toList();
    }

    @Test
    void compact_whatTheTriggersSayDoesNotMatter_returnsTheSummary() {
        assertThat(new SessionCompactor(service, new KeepNewest(2)).compact("s"))
                .contains("summary 1");

        assertThat(active()).containsExactly("summary 1", "m9", "m10");
    }

    @Test
    void compact_again_returnsTheNewSummaryOnly() {
        SessionCompactor compactor = new SessionCompactor(service, new KeepNewest(2));
        compactor.compact("s");
        service.appendMessage("s", new UserMessage("m11"));

        assertThat(compactor.compact("s")).contains("summary 2");
    }

    @Test
    void compact_nothingArchived_isEmpty() {
        assertThat(new SessionCompactor(service, new KeepNewest(10)).compact("s"))
                .isEmpty();
    }

    @Test
    void compact_resultThatArchivesNothingAndIsNotWritten_isEmpty() {
        CompactionStrategy rewriting =
                request -> new CompactionResult(request.events().subList(0, 1), List.of(), 0);

        assertThat(new SessionCompactor(service, rewriting).compact("s")).isEmpty();

        assertThat(active()).hasSize(10);
    }

    @Test
    void compact_firstStrategyArchivesNothing_theNextIsTried() {
        KeepNewest third = new KeepNewest(1);

        assertThat(new SessionCompactor(service, new KeepNewest(10), new KeepNewest(4), third).compact("s"))
                .contains("summary 1");

        assertThat(active()).containsExactly("summary 1", "m7", "m8", "m9", "m10");
        assertThat(third.runs).hasValue(0);
    }

    @Test
    void compact_modelOfAStrategyRefusesForLength_theNextIsTried() {
        CompactionStrategy refused = request -> {
            throw new IllegalStateException("400: prompt is too long: 300 tokens > 200 maximum");
        };

        assertThat(new SessionCompactor(service, refused, new KeepNewest(1)).compact("s"))
                .contains("summary 1");
        assertThatThrownBy(() -> new SessionCompactor(service, new KeepNewest(10), refused).compact("s"))
                .hasMessageStartingWith("400: prompt is too long");

        assertThat(active()).containsExactly("summary 1", "m10");
    }

    @Test
    void compact_strategyOnlyLeavesOut_saysSo() {
        CompactionStrategy window =
                SlidingWindowCompactionStrategy.builder().maxEvents(2).build();

        assertThat(new SessionCompactor(service, window).compact("s")).contains(SessionCompactor.WITHOUT_SUMMARY);

        assertThat(active()).containsExactly("m9", "m10");
    }

    @Test
    void compact_strategyKeepsAnOldSummary_tellsItNoSecondTime() {
        CompactionStrategy window =
                SlidingWindowCompactionStrategy.builder().maxEvents(2).build();
        new SessionCompactor(service, new KeepNewest(4)).compact("s");

        assertThat(new SessionCompactor(service, window).compact("s")).contains(SessionCompactor.WITHOUT_SUMMARY);

        assertThat(active()).containsExactly("summary 1", "m9", "m10");
    }

    /** Otherwise the task that asked would be told that nothing is left to compact. */
    @Test
    void compact_anotherCompactionComesFirst_returnsItsSummary() {
        KeepNewest strategy = new KeepNewest(2);
        strategy.meanwhile = () -> coordinated().compact("s", request -> true, new KeepNewest(3));

        assertThat(new SessionCompactor(service, strategy).compact("s")).contains("summary 1");

        assertThat(active()).containsExactly("summary 1", "m8", "m9", "m10");
    }

    @Test
    void compact_appendedMeanwhile_isNoCompactionOfItsOwn() {
        KeepNewest strategy = new KeepNewest(20);
        strategy.meanwhile = () -> service.appendMessage("s", new UserMessage("meanwhile"));

        assertThat(new SessionCompactor(service, strategy).compact("s")).isEmpty();
    }

    @Test
    void compact_noSuchSession_isEmpty() {
        AtomicInteger runs = new AtomicInteger();
        SessionCompactor compactor = new SessionCompactor(service, request -> {
            runs.incrementAndGet();
            return new CompactionResult(request.events(), List.of(), 0);
        });

        assertThat(compactor.compact("unknown")).isEmpty();

        assertThat(runs).hasValue(0);
    }

    @Test
    void compact_summaryTurnOfSpringAiSession_isToldWithoutTheQuestion() {
        CompactionStrategy asking = request -> new CompactionResult(
                List.of(synthetic(new UserMessage("Summarize!")), synthetic(new AssistantMessage("what was"))),
                request.events(),
                1);

        assertThat(new SessionCompactor(service, asking).compact("s")).contains("what was");
    }

    private static SessionEvent synthetic(Message message) {
        return SessionEvent.builder()
                .sessionId("s")
                .message(message)
                .metadata(SessionEvent.METADATA_SYNTHETIC, true)
                .build();
    }

    @Test
    void compact_strategyThrows_throwsThatAndTriesNoOther() {
        KeepNewest other = new KeepNewest(1);
        CompactionStrategy failing = request -> {
            throw new IllegalStateException("no model");
        };

        assertThatThrownBy(() -> new SessionCompactor(service, failing, other).compact("s"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no model");

        assertThat(other.runs).hasValue(0);
        assertThat(active()).hasSize(10);
    }

    @Test
    @SuppressWarnings("NullAway") // on purpose
    void constructor_badArguments_areNamed() {
        assertThatThrownBy(() -> new SessionCompactor(null, new KeepNewest(1)))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("service");
        assertThatThrownBy(() -> new SessionCompactor(service))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("strategies");
    }

    @Test
    void toString_namesServiceAndStrategies() {
        assertThat(new SessionCompactor(service, new KeepNewest(1), new KeepNewest(2)))
                .hasToString("SessionCompactor[CoordinatedSessionService, KeepNewest, KeepNewest]");
    }
}
